INSERT INTO applications (
    id, version, stage, procedure_code, procedure_version, organisation_id, receiving_unit_id, unit_ids, title, answers,
    created_by, created_at, updated_at, code, submitted_at, submitted_by, received_at, completeness_from, accepted_at,
    appointment_at, level, recommended_at, next_due_at, level_corrections, returns, search_text
)
SELECT bench_id(9, number), 3, %(stage)s, %(procedure)s, CASE WHEN filed THEN %(procedure_version)s END,
    bench_id(13, 0), bench_id(11, 1),
    CASE WHEN filed THEN ARRAY[bench_id(11, 1), bench_id(11, 2), bench_id(11, 3)] ELSE '{}' END,
    %(title)s, %(answers)s::jsonb, bench_id(10, 1000000), at, at,
    CASE WHEN filed THEN 'H12.01-W' || number END, CASE WHEN filed THEN at END,
    CASE WHEN filed THEN bench_id(10, 1000000) END, CASE WHEN filed THEN at END, CASE WHEN filed THEN at END,
    CASE WHEN accepted THEN at END, CASE WHEN accepted THEN at + interval '40 days' END,
    CASE WHEN accepted THEN 'low' END, CASE WHEN recommended THEN at END,
    CASE WHEN filed THEN at + interval '40 days' END, '[]'::jsonb, 0,
    CASE WHEN filed THEN 'h12.01-w' || number ELSE '' END || %(words)s
FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(count)s::bigint - 1) AS number,
    (SELECT date_trunc('second', now() - interval '1 hour') AS at, %(stage)s::text <> 'draft' AS filed,
        %(stage)s::text IN ('under_appraisal', 'awaiting_decision') AS accepted,
        %(stage)s::text = 'awaiting_decision' AS recommended) AS facts;

INSERT INTO documents (id, version, application_id, part, filename, media_type, size, sha256, uploaded_by, uploaded_at)
SELECT uuidv7(), 1, bench_id(9, number), part, part || '.pdf', 'application/pdf', 1000,
    encode(sha256(part::bytea), 'hex'), bench_id(10, 1000000), now()
FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(count)s::bigint - 1) AS number,
    jsonb_array_elements_text(%(parts)s::jsonb) AS part;

INSERT INTO dossier_versions (application_id, number, cause, title, answers, documents, made_by, made_at)
SELECT bench_id(9, number), 1, 'created', %(title)s, '{}'::jsonb, '[]'::jsonb, bench_id(10, 1000000), now()
FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(count)s::bigint - 1) AS number
