-- Claims give what has waited long a share: the order of lanes takes another argument.
drop function if exists queue.lane_heads(text[], text[], int);
