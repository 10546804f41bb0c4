-- Imports of this content, or of this file before it changed, that are done or can be resumed; the one to tell of first.
-- Where one is named it is that one, whatever its file holds now. Messages that an operator has passed since it was begun
-- may have been its own.
select
    source.id,
    source.state,
    source.sha256 = %(sha256)s as same_content,
    source.options,
    exists (
        select from operator_decision
        where verb in ('skip', 'adopt') and decided_at > source.started_at
    ) as passed
from source
join app_user on app_user.id = source.user_id
where
    app_user.name = %(user)s
    and source.kind = 'import'
    and case
        when %(job)s::integer is not null then source.id = %(job)s
        else source.sha256 = %(sha256)s or (source.path = %(path)s and source.position is not null)
    end
    and (
        source.state in ('done', 'reading', 'waiting', 'cancelled')
        or (source.state = 'failed' and source.position is not null)
    )
order by source.state = 'done' desc, same_content desc, source.id desc
