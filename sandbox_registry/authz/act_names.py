"""What each act is called, for the people who read what was done."""

from collections.abc import Mapping

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.texts import Text


def act_name(action: str) -> Text:
    """Name an act as the log writes it; one that this program does not know goes by its code."""
    return _BY_CODE.get(action) or Text(vi=action, en=action, fr=action)


ACT_NAMES: Mapping[Action, Text] = {
    Action.APPLICATION_ACCEPT: Text(vi="Tiếp nhận hồ sơ", en="Dossier accepted", fr="Dossier accepté"),
    Action.APPLICATION_APOLOGIZE: Text(
        vi="Xin lỗi và hẹn lại ngày trả kết quả", en="Delay notified, new day promised", fr="Retard notifié, report"
    ),
    Action.APPLICATION_CLASSIFY: Text(vi="Xác định mức thử nghiệm", en="Level of trial set", fr="Niveau fixé"),
    Action.APPLICATION_COMPLAIN: Text(vi="Khiếu nại", en="Complaint filed", fr="Réclamation déposée"),
    Action.APPLICATION_CREATE: Text(vi="Lập bản nháp", en="Draft begun", fr="Brouillon créé"),
    Action.APPLICATION_DELIVER: Text(vi="Trả kết quả", en="Result handed over", fr="Résultat remis"),
    Action.APPLICATION_DISCARD: Text(vi="Bỏ bản nháp", en="Draft given up", fr="Brouillon abandonné"),
    Action.APPLICATION_EDIT: Text(vi="Sửa hồ sơ", en="Dossier edited", fr="Dossier modifié"),
    Action.APPLICATION_LAPSE: Text(
        vi="Xác nhận hết hạn bổ sung", en="Supplement never came", fr="Complément jamais reçu"
    ),
    Action.APPLICATION_READ: Text(vi="Xem hồ sơ", en="Case read", fr="Dossier consulté"),
    Action.APPLICATION_READ_BUNDLE: Text(
        vi="Xuất gói kiểm tra hồ sơ", en="Case taken out as a bundle", fr="Dossier exporté en paquet vérifiable"
    ),
    Action.APPLICATION_READ_TIMELINE: Text(vi="Xem diễn biến", en="History read", fr="Historique consulté"),
    Action.APPLICATION_RECEIVE: Text(
        vi="Ghi nhận hồ sơ, cấp mã", en="Dossier registered, code given", fr="Dossier enregistré, code attribué"
    ),
    Action.APPLICATION_RECOMMEND: Text(
        vi="Trình ý kiến thẩm định", en="Appraisal report put before the signer", fr="Rapport présenté au signataire"
    ),
    Action.APPLICATION_REFER: Text(
        vi="Chuyển cơ quan có thẩm quyền",
        en="Sent to the competent authority",
        fr="Transmis à l'autorité compétente",
    ),
    Action.APPLICATION_REFUSE_INTAKE: Text(vi="Từ chối tiếp nhận", en="Intake refused", fr="Réception refusée"),
    Action.APPLICATION_REQUEST_SUPPLEMENT: Text(
        vi="Yêu cầu bổ sung hồ sơ", en="Supplement requested", fr="Complément demandé"
    ),
    Action.APPLICATION_REQUEST_WITHDRAWAL: Text(vi="Xin rút hồ sơ", en="Withdrawal asked for", fr="Retrait demandé"),
    Action.APPLICATION_SHARE: Text(vi="Thay đổi người cùng soạn", en="Co-writers changed", fr="Corédacteurs modifiés"),
    Action.APPLICATION_STOP: Text(
        vi="Dừng xử lý theo yêu cầu", en="Handling stopped at the applicant's wish", fr="Traitement arrêté sur demande"
    ),
    Action.APPLICATION_SUBMIT: Text(vi="Nộp hồ sơ", en="Dossier filed", fr="Dossier déposé"),
    Action.APPLICATION_SUBMIT_SUPPLEMENT: Text(vi="Nộp bổ sung", en="Supplement filed", fr="Complément déposé"),
    Action.ASSIGNMENT_ASSIGN: Text(vi="Phân công", en="Work assigned", fr="Attribution"),
    Action.ASSIGNMENT_CLAIM: Text(vi="Nhận thụ lý", en="Case taken on", fr="Prise en charge"),
    Action.ASSIGNMENT_RELEASE: Text(vi="Thôi phân công", en="Assignment ended", fr="Fin d'attribution"),
    Action.BACKUP_MAKE: Text(vi="Sao lưu dữ liệu", en="Backup made", fr="Sauvegarde effectuée"),
    Action.BACKUP_RESTORE: Text(
        vi="Khôi phục từ bản sao lưu", en="Restored from a backup", fr="Restauration d'une sauvegarde"
    ),
    Action.CLARIFICATION_ANSWER: Text(vi="Trả lời giải trình", en="Clarification given", fr="Éclaircissement donné"),
    Action.CLARIFICATION_ASK: Text(vi="Yêu cầu giải trình", en="Clarification asked for", fr="Éclaircissement demandé"),
    Action.CLARIFICATION_READ: Text(vi="Xem giải trình", en="Clarifications read", fr="Éclaircissements consultés"),
    Action.CLOCK_STEP: Text(
        vi="Đồng hồ máy chủ bị chỉnh", en="Clock of the server set", fr="Horloge du serveur réglée"
    ),
    Action.CONSULTATION_ANSWER: Text(vi="Trả lời lấy ý kiến", en="Agency's opinion given", fr="Avis rendu"),
    Action.CONSULTATION_ASK: Text(vi="Lấy ý kiến cơ quan khác", en="Agency consulted", fr="Organisme consulté"),
    Action.CONSULTATION_CLOSE: Text(
        vi="Ghi nhận cơ quan không trả lời", en="Agency's silence recorded", fr="Silence de l'organisme constaté"
    ),
    Action.CONSULTATION_READ: Text(vi="Xem ý kiến các cơ quan", en="Opinions read", fr="Avis consultés"),
    Action.COUNCIL_CONCLUDE: Text(vi="Kết luận hội đồng", en="Council concluded", fr="Conseil : conclusion"),
    Action.COUNCIL_CONVENE: Text(vi="Triệu tập hội đồng", en="Council called", fr="Conseil convoqué"),
    Action.COUNCIL_READ: Text(vi="Xem hồ sơ hội đồng", en="Council papers read", fr="Pièces du conseil consultées"),
    Action.COUNCIL_VOTE: Text(vi="Biểu quyết", en="Vote cast", fr="Vote"),
    Action.DECISION_APPROVE: Text(vi="Quyết định cho phép", en="Trial allowed", fr="Essai autorisé"),
    Action.DECISION_READ: Text(vi="Xem quyết định", en="Decision read", fr="Décision consultée"),
    Action.DECISION_REFUSE: Text(vi="Quyết định từ chối", en="Trial refused", fr="Essai refusé"),
    Action.DECLARATION_MAKE: Text(vi="Kê khai lợi ích", en="Interests declared", fr="Déclaration d'intérêts"),
    Action.DECLARATION_READ: Text(vi="Xem kê khai lợi ích", en="Declarations read", fr="Déclarations consultées"),
    Action.DELEGATION_GRANT: Text(vi="Ủy quyền ký", en="Signing authority delegated", fr="Signature déléguée"),
    Action.DELEGATION_READ: Text(vi="Xem ủy quyền ký", en="Delegations read", fr="Délégations consultées"),
    Action.DELEGATION_REVOKE: Text(vi="Thu hồi ủy quyền ký", en="Delegated authority revoked", fr="Délégation retirée"),
    Action.ERASURE_CONFIRM: Text(
        vi="Xóa dữ liệu cá nhân", en="Personal data erased", fr="Données personnelles effacées"
    ),
    Action.ERASURE_PROPOSE: Text(vi="Đề nghị xóa dữ liệu", en="Erasure asked for", fr="Effacement demandé"),
    Action.ERASURE_READ: Text(vi="Xem đề nghị xóa", en="Erasure requests read", fr="Demandes d'effacement consultées"),
    Action.ERASURE_REFUSE: Text(vi="Từ chối xóa dữ liệu", en="Erasure refused", fr="Effacement refusé"),
    Action.ERASURE_WITHDRAW: Text(
        vi="Rút đề nghị xóa", en="Erasure request withdrawn", fr="Demande d'effacement retirée"
    ),
    Action.EXPORT_READ: Text(vi="Xuất dữ liệu", en="Data taken out", fr="Données exportées"),
    Action.HOLD_LIFT: Text(vi="Dỡ lệnh giữ hồ sơ", en="Legal hold lifted", fr="Conservation levée"),
    Action.HOLD_PLACE: Text(vi="Ra lệnh giữ hồ sơ", en="Legal hold placed", fr="Conservation ordonnée"),
    Action.HOLD_READ: Text(vi="Xem lệnh giữ hồ sơ", en="Legal holds read", fr="Mesures de conservation consultées"),
    Action.KEY_CHANGE: Text(vi="Thay khóa của hệ thống", en="Key of the system changed", fr="Clé du système changée"),
    Action.MESSAGE_READ: Text(vi="Xem thư trao đổi", en="Letters read", fr="Courriers consultés"),
    Action.MESSAGE_SEND: Text(vi="Gửi thư trao đổi", en="Letter sent", fr="Courrier envoyé"),
    Action.ORGANISATION_CREATE: Text(vi="Đăng ký tổ chức", en="Organisation entered", fr="Organisme inscrit"),
    Action.ORGANISATION_CREATE_UNIT: Text(
        vi="Lập hoặc sửa đơn vị", en="State agency entered or changed", fr="Unité inscrite ou modifiée"
    ),
    Action.ORGANISATION_EDIT: Text(vi="Sửa thông tin tổ chức", en="Organisation changed", fr="Organisme modifié"),
    Action.ORGANISATION_READ: Text(vi="Xem tổ chức", en="Organisation read", fr="Organisme consulté"),
    Action.PASSWORD_CHANGE: Text(vi="Đổi mật khẩu", en="Password changed", fr="Mot de passe changé"),
    Action.PERMIT_ISSUE: Text(vi="Cấp giấy phép", en="Permit issued", fr="Permis délivré"),
    Action.PERMIT_READ: Text(vi="Xem giấy phép", en="Permit read", fr="Permis consulté"),
    Action.PERSON_CREATE: Text(vi="Lập tài khoản", en="Account made", fr="Compte créé"),
    Action.PERSON_DISABLE: Text(vi="Đóng tài khoản", en="Account closed", fr="Compte fermé"),
    Action.PERSON_READ: Text(vi="Xem tài khoản", en="Account read", fr="Compte consulté"),
    Action.PERSON_REGISTER: Text(vi="Tự đăng ký tài khoản", en="Person registered", fr="Inscription"),
    Action.POLICY_CHANGE: Text(
        vi="Thay chính sách phân quyền", en="Authority policy changed", fr="Politique d'habilitation changée"
    ),
    Action.PROCEDURE_APPROVE: Text(
        vi="Phê duyệt phiên bản thủ tục", en="Version of a procedure approved", fr="Version de procédure approuvée"
    ),
    Action.PROCEDURE_PROPOSE: Text(
        vi="Đề nghị phiên bản thủ tục", en="Version of a procedure proposed", fr="Version de procédure proposée"
    ),
    Action.REVIEW_READ: Text(vi="Xem phiếu đánh giá", en="Reviews read", fr="Évaluations consultées"),
    Action.REVIEW_SUBMIT: Text(vi="Nộp phiếu đánh giá", en="Review filed", fr="Évaluation déposée"),
    Action.ROLE_GRANT: Text(vi="Giao vai trò", en="Office given", fr="Fonction attribuée"),
    Action.ROLE_REVOKE: Text(vi="Thôi vai trò", en="Office ended", fr="Fin de fonction"),
    Action.SITE_VISIT_RECORD: Text(
        vi="Lập biên bản kiểm tra thực tế", en="Check on site minuted", fr="Procès-verbal de visite"
    ),
    Action.TOKEN_CREATE: Text(vi="Tạo mã truy cập", en="Token made", fr="Jeton créé"),
    Action.TOKEN_READ: Text(vi="Xem mã truy cập", en="Tokens read", fr="Jetons consultés"),
    Action.TOKEN_REVOKE: Text(vi="Thu hồi mã truy cập", en="Token revoked", fr="Jeton révoqué"),
    Action.WEBHOOK_CREATE: Text(vi="Lập điểm nhận thông báo", en="Webhook made", fr="Webhook créé"),
    Action.WEBHOOK_EDIT: Text(vi="Sửa điểm nhận thông báo", en="Webhook changed", fr="Webhook modifié"),
    Action.WEBHOOK_READ: Text(vi="Xem điểm nhận thông báo", en="Webhook read", fr="Webhook consulté"),
    Action.WEBHOOK_REMOVE: Text(vi="Gỡ điểm nhận thông báo", en="Webhook removed", fr="Webhook retiré"),
    Action.WEBHOOK_REPLAY: Text(vi="Gửi lại thông báo", en="Event sent again", fr="Événement renvoyé"),
    Action.WITNESS_CHANGE: Text(
        vi="Thay người chứng kiến nhật ký", en="Witnesses of the log changed", fr="Témoins du journal changés"
    ),
    Action.WITNESS_REPORT: Text(
        vi="Người chứng kiến trả lời về nhật ký",
        en="Verdict of a witness on the log",
        fr="Verdict d'un témoin du journal",
    ),
    Action.WORKLOAD_READ: Text(vi="Xem khối lượng công việc", en="Workload read", fr="Charge consultée"),
}
_BY_CODE = {str(action): ACT_NAMES[action] for action in Action}
