WITH unit (number, name, agency_code, handles) AS (
    VALUES (1, 'Trung tâm Phục vụ hành chính công tỉnh', 'H12.01', true), (2, 'Sở Khoa học và Công nghệ', NULL, true),
        (3, 'Ủy ban nhân dân tỉnh Cà Mau', NULL, true), (4, 'Thanh tra tỉnh', NULL, false)
), units AS (
    INSERT INTO organisations (id, version, kind, name, address, email, phone, agency_code, handles, created_at, search_text)
    SELECT bench_id(11, number), 1, 'state_unit', name, 'Phường An Xuyên', 'vanthu@camau.example', '0290', agency_code,
        CASE WHEN handles THEN ARRAY[%(procedure)s] ELSE '{}' END, '2023-01-01Z', bench_folded(name)
    FROM unit
), firms AS (
    INSERT INTO organisations (id, version, kind, name, tax_code, address, email, phone, handles, created_at, search_text)
    SELECT bench_id(13, firm.number), 1, 'enterprise', 'Công ty ' || words || ' ' || firm.number, lpad(firm.number::text, 10, '0'),
        'Phường An Xuyên, tỉnh Cà Mau', 'lienhe@camau.example', '0290', '{}', '2023-01-01Z',
        'cong ty ' || folded || ' ' || firm.number
    FROM generate_series(0, greatest(%(size)s::bigint / 3, 1)) AS firm (number)
    JOIN bench_words ON bench_words.number = firm.number %% 10000
), made AS (
    INSERT INTO people (id, version, full_name, email, phone, created_at, search_text)
    SELECT bench_id(10, number), 1, 'Người số ' || number, 'nguoi' || number || '@camau.example', '0913', '2023-01-01Z',
        'nguoi so ' || number || ' nguoi' || number || '@camau.example'
    FROM (
        SELECT generate_series(1, %(officers)s::bigint) UNION ALL
        SELECT generate_series(500001, 500000 + %(officers)s::bigint) UNION ALL SELECT generate_series(900001, 900003)
        UNION ALL SELECT generate_series(1000000, 1000000 + greatest(%(size)s::bigint / 3, 1))
    ) AS numbers (number)
)
INSERT INTO memberships (id, version, organisation_id, person_id, kind, valid_from)
SELECT bench_id(14, number), 1, bench_id(13, number), bench_id(10, 1000000 + number), 'legal_representative',
    '2023-01-01Z'
FROM generate_series(0, greatest(%(size)s::bigint / 3, 1)) AS number
