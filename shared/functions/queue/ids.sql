-- Who may make ids. The functions themselves are made by the first migration, for defaults of columns call them.

grant execute on function queue.uuid7_of, queue.microseconds, queue.uuid7, queue.uuid7_floor to kiskadee_worker;
