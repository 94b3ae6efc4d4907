select concat_ws(' | ', p.oid::regprocedure, md5(p.prosrc), l.lanname, p.prokind, p.provolatile, p.proparallel, p.prosecdef,
  p.proleakproof, p.proisstrict, p.proretset, p.procost, p.prorows, p.proconfig::text, p.proowner::regrole,
  pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), a.aggtransfn::regprocedure, a.aggtranstype::regtype)
from pg_proc p
join pg_language l on l.oid = p.prolang
left join pg_aggregate a on a.aggfnoid = p.oid
where p.pronamespace::regnamespace::text in OURS
