-- Who may make ids. The functions themselves are made by migrations, for defaults of columns call them.

grant execute on function queue.uuid7_of, queue.microseconds, queue.uuid7, queue.uuid7_floor, queue.cell to kiskadee_worker;
