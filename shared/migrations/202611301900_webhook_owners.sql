-- The messages of each owner in the order in which they are due, so that a claim finds everyone's without reading past all of
-- one owner's.

create index delivery_due_by_owner on webhook.delivery (owner, next_at) where status = 'pending';
