-- The list of voices goes by the engine, the preferred one first, and by the id.
create index voice_by_owner_and_engine on speech.voice (owner, engine, id collate "C") where deleted_at is null;
create index voice_by_engine on speech.voice (engine, id collate "C") where deleted_at is null;
