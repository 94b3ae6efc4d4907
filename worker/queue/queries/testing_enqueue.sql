-- The jobs of one owner, in the order given.
select queue.enqueue($1, 1, $2, array(select jsonb_populate_record(null::queue.new_job, given.job)
  from jsonb_array_elements($3) with ordinality as given(job, place) order by given.place))
