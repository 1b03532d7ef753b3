"""Shipped procedures, a calendar, and a dossier that answers all one of them asks."""

from pathlib import Path

from sandbox_registry.rulebook.calendar_files import load_calendar
from sandbox_registry.rulebook.procedure_files import load_procedures

POLICIES = Path(__file__).parents[2] / "policies"
PROCEDURES = load_procedures(POLICIES / "procedures")
DRAFT = PROCEDURES["ca-mau-2026-draft"]
LAW = PROCEDURES["ai-decree-142-2026"]
CALENDAR = load_calendar(POLICIES / "calendars" / "vn.toml")
OURS: dict[str, object] = {
    "ai_role": "auxiliary",
    "sensitive_data": False,
    "children_data": False,
    "important_data": False,
    "security_system": False,
    "high_risk_listed": False,
    "province_count": 1,
    "province": "ca_mau",
    "bank_fintech": "none",
    "data_product": False,
    "smart_city": False,
    "state_procurement": False,
}
DOSSIER: dict[str, dict[str, object]] = {
    "competence": OURS,
    "project": {
        "title": "Truy xuất nguồn gốc cua Cà Mau",
        "summary": "Gắn mã vạch gen cho cua để người mua kiểm tra được nơi nuôi và ngày thu hoạch.",
        "sector": "fisheries",
        "innovation": "Lần đầu dùng mã vạch gen thay cho tem giấy, người mua kiểm tra bằng điện thoại.",
        "readiness": 6,
        "is_small": True,
    },
    "plan": {
        "objective": "Kiểm chứng độ chính xác của mã vạch gen tại chợ đầu mối.",
        "hypothesis": "Sai sót truy xuất dưới một phần trăm.",
        "kpis": [{"name": "Tỷ lệ đúng", "baseline": 80, "target": 99.0, "unit": "%"}],
        "space_kinds": ["physical"],
        "sites": [
            {"name": "Vựa 1", "commune": "Năm Căn", "address": "Khóm 1", "position": {"lat": 8.76, "lon": 104.99}},
        ],
        "exit_plan": "Thu hồi thiết bị, xóa dữ liệu mẫu và thông báo cho mọi người tham gia trước 15 ngày.",
    },
    "users": {
        "max_users": 200,
        "eligible_group": "Hộ nuôi cua và người mua tại chợ Năm Căn",
        "minors": False,
        "vulnerable": False,
        "complaint_channel": "0290 3831 234",
        "compensation": "Bồi thường theo giá thị trường của lô hàng.",
    },
    "schedule": {
        "start": "2027-01-04",
        "end": "2027-12-31",
        "phases": [{"name": "Thí điểm hẹp", "start": "2027-01-04", "end": "2027-06-30", "max_users": 50}],
    },
    "limits": {
        "money_total": 500_000_000,
        "technical": [{"quantity": "Số mẫu mỗi ngày", "comparator": "at_most", "value": 300, "unit": "mẫu"}],
    },
    "data": {
        "personal_data": False,
        "categories": [
            {
                "name": "Mẫu gen",
                "source": "Hộ nuôi",
                "location": "Cà Mau",
                "retention": "1 năm",
                "deletion": "Khi kết thúc",
            },
        ],
        "security_level": "2",
    },
    "risks": {
        "register": [
            {
                "hazard": "Nhầm mẫu",
                "likelihood": 2,
                "severity": 3,
                "control": "Đọc hai lần",
                "owner": "Trưởng nhóm",
                "stop_condition": "Sai quá 5 % trong ngày",
            }
        ],
        "serious_harm": False,
        "kill_switch": "Ngừng ứng dụng, trực 24/7 số 0912 345 678",
    },
    "legal": {
        "permit_kind": "time_limited_licence",
        "gap_statement": "Pháp luật chưa quy định giá trị của mã vạch gen trong truy xuất nguồn gốc thủy sản.",
        "publish_name": True,
    },
    "contact": {"name": "Trần Thị Lan", "email": "lan@cuacamau.vn", "phone": "0912 345 678", "by_delegate": False},
}
ATTACHED = frozenset(
    {
        "application_form",
        "trial_plan",
        "regulatory_gap",
        "risk_register",
        "user_protection",
        "security_level",
        "site_consent",
        "ip_declaration",
    }
)
