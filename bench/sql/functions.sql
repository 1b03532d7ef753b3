-- Ids in order of their numbers, the same as `identity` in scratch.py.
CREATE FUNCTION bench_id(kind bigint, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1717372800000 + number * 60000), 12, '0') || '70008' || lpad(to_hex(kind), 3, '0')
        || lpad(to_hex(number), 12, '0'))::uuid
$$;
GRANT EXECUTE ON FUNCTION bench_id(bigint, bigint) TO registry_app;

-- A number from 0 to below `most` that looks random and is always the same.
CREATE FUNCTION bench_pick(number bigint, salt bigint, most bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(number, salt) & 9223372036854775807) % most
$$;

-- The same letters without their marks, as the program folds them in Python.
CREATE FUNCTION bench_folded(words text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(normalize(replace(lower(words), 'đ', 'd'), NFD), '[\u0300-\u036f]', '', 'g')
$$;

-- Words as they fall in titles, and folded.
CREATE UNLOGGED TABLE bench_words AS
SELECT number, words, bench_folded(words) AS folded
FROM generate_series(0, 9999) AS number, LATERAL (
    SELECT (ARRAY['Giám sát', 'Truy xuất', 'Vận chuyển', 'Cảnh báo', 'Thanh toán', 'Đo đạc', 'Khám từ xa', 'Giao hàng'])
        [1 + bench_pick(number, 1, 8)]
        || ' ' || (ARRAY['ao tôm', 'cua biển', 'rừng ngập mặn', 'nước mặn', 'điện mặt trời', 'lúa tôm', 'hải sản',
            'du lịch', 'chợ nổi', 'tàu cá', 'đảo xa', 'trường học', 'y tế', 'kho lạnh', 'rác thải', 'giống cây'])
        [1 + bench_pick(number, 2, 16)]
        || ' bằng ' || (ARRAY['thị giác máy tính', 'thiết bị bay', 'cảm biến', 'chuỗi khối', 'trợ lý ảo', 'bản đồ số'])
        [1 + bench_pick(number, 3, 6)]
        || ' tại ' || (ARRAY['Đầm Dơi', 'Gành Hào', 'Năm Căn', 'Hòn Khoai', 'Cái Nước', 'Sông Đốc', 'Bạc Liêu', 'U Minh',
            'Giá Rai', 'Phước Long', 'Cà Mau', 'Ngọc Hiển'])
        [1 + bench_pick(number, 4, 12)]
        || ' lô ' || bench_pick(number, 5, 5000) AS words
) AS made;

-- Where cases of a grown register stand: most are over.
CREATE FUNCTION bench_stage(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN place < 35 THEN 'approved' WHEN place < 50 THEN 'refused' WHEN place < 58 THEN 'withdrawn'
        WHEN place < 65 THEN 'lapsed' WHEN place < 75 THEN 'intake_refused' WHEN place < 83 THEN 'referred'
        WHEN place < 88 THEN 'draft' WHEN place < 91 THEN 'submitted' WHEN place < 93 THEN 'supplement_requested'
        WHEN place < 95 THEN 'accepted' WHEN place < 99 THEN 'under_appraisal' ELSE 'awaiting_decision' END
    FROM bench_pick(number, 7, 100) AS place
$$;

-- The log of the plain ORM peer: a chain with one head, and a record beside each link.
CREATE TABLE orm_links (
    index bigint PRIMARY KEY, entry bytea NOT NULL, hash bytea NOT NULL, object_type text NOT NULL, object_id uuid NOT NULL,
    case_id uuid, at timestamptz NOT NULL
);
CREATE INDEX ix_orm_links_object_id_index ON orm_links (object_id, index);
CREATE INDEX ix_orm_links_case_id_index ON orm_links (case_id, index);
CREATE TABLE orm_records (
    index bigint PRIMARY KEY REFERENCES orm_links, nonce bytea NOT NULL, record bytea NOT NULL
);
CREATE TABLE orm_chain_head (id integer PRIMARY KEY, size bigint NOT NULL, hash bytea NOT NULL);
INSERT INTO orm_chain_head VALUES (1, 0, '');
GRANT SELECT, INSERT ON orm_links, orm_records TO registry_app;
GRANT SELECT, UPDATE ON orm_chain_head TO registry_app;
