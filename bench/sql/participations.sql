INSERT INTO participations (id, version, application_id, person_id, capacity, given_by, since)
SELECT bench_id(20 + part.number, cases.number), 1, bench_id(8, cases.number), part.person_id, part.capacity,
    bench_id(10, 900001), timestamptz '2024-06-03Z' + cases.number * interval '1 minute'
FROM generate_series(1, %(size)s::bigint) AS cases (number), bench_stage(cases.number) AS stage,
    LATERAL (
        VALUES (0, bench_id(10, 1000000 + bench_pick(cases.number, 3, greatest(%(size)s::bigint / 3, 1))), 'filer'),
            (1, bench_id(10, 900001), 'intake'),
            (2, bench_id(10, 1 + bench_pick(cases.number, 5, %(officers)s)), 'focal'),
            (3, bench_id(10, 500001 + bench_pick(cases.number, 6, %(officers)s)), 'reviewer')
    ) AS part (number, person_id, capacity)
WHERE stage <> 'draft'
    AND (part.number < 2 OR stage IN ('accepted', 'under_appraisal', 'awaiting_decision', 'approved', 'refused'))
    AND (part.number <> 3 OR stage IN ('approved', 'refused', 'awaiting_decision'));

INSERT INTO declarations (id, version, application_id, person_id, conflicted, statement, made_at)
SELECT bench_id(30, number), 1, bench_id(8, number), bench_id(10, 500001 + bench_pick(number, 6, %(officers)s)),
    bench_pick(number, 8, 50) = 0, '', timestamptz '2024-06-03Z' + number * interval '1 minute'
FROM generate_series(1, %(size)s::bigint) AS number
WHERE bench_stage(number) IN ('approved', 'refused', 'awaiting_decision')
