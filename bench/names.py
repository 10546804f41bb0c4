"""Invented names of artists, albums and songs in several languages and scripts.

A name is a pattern filled with words, so that it reads like one; nobody real is meant.
"""

import random
from typing import NamedTuple


class Language(NamedTuple):
    """Patterns and the words that fill them. `first` and `last` are the names of people."""

    artists: tuple[str, ...]
    titles: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    adjective: tuple[str, ...]
    noun: tuple[str, ...]

    def artist(self, rng: random.Random) -> str:
        """A person or a band."""
        return self._fill(rng, self.artists)

    def title(self, rng: random.Random) -> str:
        """A song or an album."""
        return self._fill(rng, self.titles)

    def _fill(self, rng: random.Random, patterns: tuple[str, ...]) -> str:
        noun, other = rng.sample(self.noun, 2)
        return rng.choice(patterns).format(
            first=rng.choice(self.first),
            last=rng.choice(self.last),
            adjective=rng.choice(self.adjective),
            noun=noun,
            other=other,
            number=rng.randrange(2, 100),
        )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH = Language(
    (
        "{first} {last}",
        "{first} {last}",
        "The {adjective} {noun}s",
        "{adjective} {noun}",
        "{noun} & {other}",
        "{last} {noun} Club",
        "{first} and the {noun}s",
        "The {last} Sisters",
    ),
    (
        "{adjective} {noun}",
        "{noun} of {other}",
        "The {adjective} {noun}",
        "{noun} in the {other}",
        "No {noun}, No {other}",
        "{noun}",
        "{first}'s {noun}",
        "My {adjective} {noun}",
        "{noun} / {other}",
        "{number} {noun}s",
        "{adjective} {noun} (Reprise)",
        "Where the {noun} Meets the {other}",
    ),
    _words(
        "Ada Alma Basil Bonnie Calla Casper Clem Cora Dorian Edie Elsa Ezra Fern Gideon Hattie Hollis Ida Imogen Iris "
        "Jasper Juno Keziah Leopold Lottie Mabel Magnus Marnie Milo Nell Odette Orson Percy Phoebe Quentin Ramona Rufus"
    ),
    _words(
        "Abbott Ashdown Birchall Blackwood Calloway Carrow Copperfield Dunmore Fairweather Farrow Greaves Halloway "
        "Harrow Hartigan Kestrel Larkin Lindqvist Lockhart Marlowe Merriweather Nightingale Oakes Pemberton Quill "
        "Ravenhill Redfern Sallow Thackeray Underhill Vance Wetherby Whitlock Winterbourne Yarrow"
    ),
    _words(
        "Amber Borrowed Broken Burning Careless Copper Crooked Distant Drowsy Electric Faded Feral Foreign Gentle "
        "Gilded Golden Half Hollow Hungry Idle Invisible Late Lonely Lucid Midnight Nameless Northern Ordinary Pale "
        "Paper Patient Quiet Restless Salted Second Secret Silver Slow Southern Static Tender Velvet Wandering Wild"
    ),
    _words(
        "Anchor Arcade Avenue Ballroom Canyon Cathedral Cinema Cloud Comet Corridor Dial Ember Engine Feather Garden "
        "Ghost Harbour Heron Horizon Hotel Island Kite Ladder Lantern Lighthouse Machine Meadow Mirror Moth Orchard "
        "Parade Pilot Planet Postcard Radio River Satellite Season Shadow Signal Sparrow Staircase Station Summer "
        "Telescope Tide Tramline Umbrella Valley Violin Wave Whale Willow Window Winter"
    ),
)
GERMAN = Language(
    ("{first} {last}", "{adjective} {noun}", "{noun} & {other}", "Kapelle {last}"),
    ("{adjective} {noun}", "{noun} ohne {other}", "{noun}", "Zwischen {noun} und {other}", "{number} {noun}"),
    _words("Änne Bärbel Götz Ilse Jörg Käthe Lütz Malte Rüdiger Sönke Thekla Wiebke"),
    _words("Ährenfeld Brückner Dämmerling Grünwald Kößler Löwenherz Mühlbach Rosenblüh Straßburg Wölkchen"),
    _words("Blaue Fremde Goldene Große Kühle Letzte Müde Schöne Späte Süße Weiße Zärtliche"),
    _words(
        "Brücken Fähren Flüsse Gärten Häuser Kräne Küsten Lüfte Mächte Nächte Schlösser Straßen Träume Türme Wälder"
    ),
)
FRENCH = Language(
    ("{first} {last}", "Les {noun}s", "{noun} & {other}"),
    ("Sans {noun}", "{noun} d'été", "Ma {noun} à {other}", "Où va la {noun} ?", "{noun}, {other}", "L'été {number}"),
    _words("Aurélie Benoît Céleste Éloïse François Gaëlle Hélène Jérôme Léonie Noël Océane Zoé"),
    _words("Beaumanoir Châtelain Délacour Févrière L'Hôtelier Maëlstrand Préval Sévigny Tréguier Vallombreuse"),
    _words("Belle Bleue Douce Éternelle Légère Perdue"),
    _words("Bête Clé Fenêtre Fée Fête Forêt Fumée Lumière Marée Neige Pluie Poupée Rivière Rosée Soirée Vallée"),
)
NORDIC = Language(
    ("{first} {last}", "{adjective} {noun}", "{noun} og {other}", "Trio {noun}"),
    ("{adjective} {noun}", "{noun}", "{noun} i {other}", "{noun} og {other}"),
    _words("Åse Bjørg Eydís Guðrún Håkon Jökull Øystein Ragnheiður Sólveig Þórdís Ægir Ylva"),
    _words("Ásgrímsdóttir Bjørnås Fløysand Hjärne Kvåle Mjölnersson Sjøbakken Þorláksson Ødegård Ångström"),
    _words("Blå Grønn Hvit Kald Lys Mørk Stille Våt"),
    _words("Bølge Elv Fjord Fugl Følelse Høst Måne Natt Nordlys Skygge Snø Stjerne Søvn Tåke Vår Øy"),
)
JAPANESE = Language(
    ("{adjective}{noun}", "{first}{last}", "{noun}と{other}", "{noun}クラブ", "ザ・{last}ズ"),
    ("{adjective}{noun}", "{noun}と{other}", "{noun}の{other}", "{noun}", "{number}時の{noun}", "さよなら、{noun}"),
    _words("水沢 月島 春野 霧山 星川 白井 冬木 朝倉 雨宮 風見"),
    _words("カナリア ミモザ ソラネ ユズハ レモン トウカ ナギサ アオイ ヒカリ コトリ"),
    _words("青い 遠い 静かな 眠れない 透明な 小さな 真夜中の 終わらない 忘れた 優しい"),
    _words(
        "花火 列車 海岸 灯台 金魚 夕立 手紙 電話 映画館 屋上 季節 星座 雨音 坂道 夏休み 砂時計 万華鏡 約束 窓辺 言葉"
    ),
)
KOREAN = Language(
    ("{first}", "{adjective} {noun}", "{noun} 클럽", "{last}{first}"),
    ("{adjective} {noun}", "{noun}의 {other}", "{noun}", "{number}시의 {noun}", "안녕, {noun}"),
    _words("하늘빛 서리 도담 가온 나래 새벽별 윤슬 다온 이슬 마루"),
    _words("한 윤 서 남 도 류"),
    _words("푸른 조용한 낯선 오래된 투명한 느린 하얀 잠든"),
    _words("바다 편지 골목 계절 우산 기차 정원 별자리 그림자 창문 새벽 노을 첫눈 등대 약속"),
)
RUSSIAN = Language(
    ("{first} {last}", "{adjective} {noun}", "{noun} и {other}", "{last}"),
    ("{adjective} {noun}", "{noun}", "{noun} и {other}", "Где-то {noun}", "Не {noun}, а {other}", "{number} лет"),
    _words("Агния Варвара Глеб Дарина Ефим Злата Лукерья Мирон Прохор Савва Ульяна Ярослав"),
    _words("Берёзин Вьюгин Журавель Зимородок Крылатов Метелицын Облаков Полынь Рассвет Тишинский"),
    _words("Белый Дальний Зимний Ночной Последний Северный Синий Тихий Чужой Электрический"),
    _words("Ветер Вокзал Город Дождь Дом Закат Космос Маяк Остров Поезд Понедельник Сад Снег Сон Трамвай Январь"),
)
GREEK = Language(
    ("{first} {last}", "{noun} και {other}"),
    ("{adjective} {noun}", "{noun}", "{noun} και {other}", "Χωρίς {noun}"),
    _words("Αλκμήνη Δάφνη Ίκαρος Λυδία Μυρτώ Νεφέλη Ορφέας Φοίβος"),
    _words("Ανεμώνης Γαλανός Θαλασσινός Καλοκαίρης Μελισσάς Περιστέρης"),
    _words("Άσπρο Γλυκό Μεγάλο Παλιό Τελευταίο"),
    _words("Αλάτι Καλοκαίρι Καράβι Κύμα Λιμάνι Νησί Όνειρο Σύννεφο Τραγούδι Φεγγάρι"),
)
CHINESE = Language(
    ("{last}{first}", "{adjective}{noun}乐队", "{noun}与{other}"),
    ("{adjective}{noun}", "{noun}", "{noun}与{other}", "再见，{noun}", "{number}号{noun}"),
    _words("晓岚 若溪 星遥 听雨 云舟 念秋 青禾 北辰"),
    _words("苏 林 沈 叶 顾 白"),
    _words("蓝色的 遥远的 安静的 透明的 最后的 温柔的"),
    _words("月台 海岸 信件 夏天 灯塔 风筝 雨季 电影院 山谷 候鸟 星空 旧城 渡口"),
)

# Each with its share of a library.
LANGUAGES = {
    ENGLISH: 60,
    GERMAN: 6,
    FRENCH: 6,
    NORDIC: 6,
    JAPANESE: 8,
    KOREAN: 4,
    RUSSIAN: 6,
    GREEK: 2,
    CHINESE: 2,
}
