INSERT INTO applications (
    id, version, stage, procedure_code, procedure_version, organisation_id, receiving_unit_id, unit_ids, title, answers,
    created_by, created_at, updated_at, code, submitted_at, submitted_by, received_at, completeness_from, accepted_at,
    appointment_at, level, decided_at, next_due_at, level_corrections, returns, search_text
)
SELECT bench_id(8, cases.number), 3, stage, %(procedure)s, CASE WHEN filed THEN %(procedure_version)s END,
    bench_id(13, firm), bench_id(11, 1),
    CASE WHEN filed THEN ARRAY[bench_id(11, 1), bench_id(11, 2), bench_id(11, 3)] ELSE '{}' END,
    title.words || ' số ' || cases.number,
    jsonb_build_object('project', jsonb_build_object('title', title.words, 'summary', more.words, 'readiness', 7),
        'plan', jsonb_build_object('objective', more.words, 'hypothesis', title.words)),
    bench_id(10, 1000000 + firm), at, at + interval '3 days',
    CASE WHEN received THEN 'H12.01-' || lpad(cases.number::text, 9, '0') END,
    CASE WHEN filed THEN at END, CASE WHEN filed THEN bench_id(10, 1000000 + firm) END,
    CASE WHEN received THEN at + interval '1 day' END, CASE WHEN received THEN at + interval '1 day' END,
    CASE WHEN accepted THEN at + interval '3 days' END, CASE WHEN accepted THEN at + interval '40 days' END,
    CASE WHEN accepted THEN 'low' END,
    CASE WHEN stage IN ('approved', 'refused') THEN at + interval '38 days' END,
    CASE WHEN stage IN ('submitted', 'supplement_requested', 'accepted', 'under_appraisal', 'awaiting_decision')
        THEN at + interval '40 days' END,
    '[]'::jsonb, 0, concat_ws(' ', title.folded, 'so', cases.number, more.folded)
FROM (
    SELECT number, stage, bench_pick(number, 3, greatest(%(size)s::bigint / 3, 1)) AS firm,
        bench_pick(number, 1, 10000) AS title, bench_pick(number, 2, 10000) AS more,
        timestamptz '2024-06-03Z' + number * interval '1 minute' AS at,
        stage <> 'draft' AS filed, stage NOT IN ('draft', 'submitted', 'withdrawn') AS received,
        stage IN ('accepted', 'under_appraisal', 'awaiting_decision', 'approved', 'refused') AS accepted
    FROM generate_series(1, %(size)s::bigint) AS number, bench_stage(number) AS stage
) AS cases
JOIN bench_words AS title ON title.number = cases.title
JOIN bench_words AS more ON more.number = cases.more
ORDER BY cases.number
