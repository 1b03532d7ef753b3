"""What each office is called."""

from collections.abc import Mapping

from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.texts import Text


def office_name(role: str) -> Text:
    """Name an office as a policy line writes it; one that this program does not know goes by its code."""
    return _BY_CODE.get(role) or Text(vi=role, en=role, fr=role)


OFFICE_NAMES: Mapping[Role, Text] = {
    Role.APPLICANT: Text(vi="Tổ chức, cá nhân nộp hồ sơ", en="Applicant", fr="Demandeur"),
    Role.AUDITOR: Text(vi="Thanh tra, kiểm toán", en="Inspector or auditor", fr="Inspecteur ou auditeur"),
    Role.CONSULTED_OFFICER: Text(
        vi="Cơ quan được lấy ý kiến", en="Officer of a consulted agency", fr="Agent d'un organisme consulté"
    ),
    Role.COUNCIL_EXPERT: Text(
        vi="Thành viên hội đồng thẩm định", en="Member of the appraisal council", fr="Membre du conseil d'évaluation"
    ),
    Role.DECISION_MAKER: Text(vi="Người có thẩm quyền quyết định", en="Signer", fr="Signataire"),
    Role.FOCAL_HEAD: Text(
        vi="Lãnh đạo đơn vị đầu mối", en="Head of the focal department", fr="Chef du service instructeur"
    ),
    Role.FOCAL_OFFICER: Text(vi="Chuyên viên thụ lý", en="Focal officer", fr="Agent instructeur"),
    Role.HDND_COMMITTEE: Text(
        vi="Ban của Hội đồng nhân dân", en="Committee of the People's Council", fr="Commission du Conseil populaire"
    ),
    Role.HDND_MEMBER: Text(
        vi="Đại biểu Hội đồng nhân dân", en="Member of the People's Council", fr="Membre du Conseil populaire"
    ),
    Role.ONE_STOP_OFFICER: Text(vi="Cán bộ Bộ phận Một cửa", en="One-stop officer", fr="Agent du guichet unique"),
    Role.RECORDS_OFFICER: Text(vi="Văn thư", en="Records office", fr="Bureau d'ordre"),
    Role.REVIEWER: Text(vi="Chuyên gia phản biện", en="Reviewer", fr="Évaluateur"),
    Role.SUPERVISOR: Text(vi="Người giám sát thử nghiệm", en="Supervisor of a trial", fr="Superviseur d'essai"),
    Role.SYSTEM_ADMIN: Text(vi="Quản trị hệ thống", en="System administrator", fr="Administrateur du système"),
}
_BY_CODE = {str(role): name for role, name in OFFICE_NAMES.items()}
