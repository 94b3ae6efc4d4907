-- A text's priority goes by how much it will sound, not by its characters: the function takes the whole item.
drop function if exists speech.priority_of(text);
