from pathlib import Path

import pytest

from schemas.broker import admin
from schemas.errors import ConfigurationFault
from schemas.settings import Settings


def test_a_property_that_librdkafka_does_not_know_is_a_wrong_setting_and_no_bug() -> None:
    settings = Settings(Path("unused"), kafka="127.0.0.1:1", kafka_properties={"sasl.pasword": "x"})
    with pytest.raises(ConfigurationFault, match=r"sasl\.pasword"):
        admin(settings)
