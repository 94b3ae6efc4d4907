-- The list of voices goes by the engine, the preferred one first, and by the id.
create index voice_by_owner_and_engine on speech.voice (owner, engine, id collate "C") where deleted_at is null;
create index voice_by_engine on speech.voice (engine, id collate "C") where deleted_at is null;

-- Deliveries are found by their event.
create index message_by_owner_and_event on webhook.message (owner, event, id);

-- Lists of batches know times.
drop function if exists queue.page_of_batches(uuid, uuid, int, text);
drop function if exists queue.batch_page(uuid, uuid, int, text);
