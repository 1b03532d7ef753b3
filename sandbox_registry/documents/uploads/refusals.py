"""Why an uploaded file is not taken, in words its sender can act on."""

from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.texts import Text

MESSAGES = {
    "empty_file": Text(vi="Tệp không có nội dung.", en="The file is empty.", fr="Le fichier est vide."),
    "unknown_type": Text(
        vi="Chỉ nhận tệp PDF, PNG, JPEG, DOCX hoặc XLSX; nội dung tệp này không thuộc loại nào.",
        en="Only PDF, PNG, JPEG, DOCX and XLSX files are taken; the content of this one is none of them.",
        fr="Seuls les fichiers PDF, PNG, JPEG, DOCX et XLSX sont acceptés ; celui-ci n'en est pas un.",
    ),
    "wrong_extension": Text(
        vi="Tên tệp ghi «.{claimed}» nhưng nội dung là «.{found}». Hãy đổi tên tệp hoặc chọn đúng tệp.",
        en="The name says “.{claimed}” but the content is “.{found}”. Rename the file or choose the right one.",
        fr="Le nom indique « .{claimed} » mais le contenu est « .{found} ». Renommez le fichier ou choisissez le bon.",
    ),
    "broken_file": Text(
        vi="Tệp bị hỏng hoặc không trọn vẹn ({found}). Hãy xuất lại tệp rồi tải lên.",
        en="The file is damaged or incomplete ({found}). Export it again and upload it.",
        fr="Le fichier est endommagé ou incomplet ({found}). Exportez-le de nouveau puis déposez-le.",
    ),
    "image_too_large": Text(
        vi="Hình ảnh {width} × {height} điểm ảnh là quá lớn. Hãy thu nhỏ hình ảnh.",
        en="An image of {width} × {height} pixels is too large. Make it smaller.",
        fr="Une image de {width} × {height} pixels est trop grande. Réduisez-la.",
    ),
    "pdf_active_content": Text(
        vi="Tệp PDF chứa mã lệnh hoặc hành động tự chạy ({found}). Hãy in lại thành PDF thường rồi tải lên.",
        en="The PDF contains scripts or actions that run by themselves ({found}). Print it to a plain PDF and upload that.",
        fr="Le PDF contient des scripts ou des actions automatiques ({found}). Réimprimez-le en PDF simple.",
    ),
    "pdf_embedded_file": Text(
        vi="Tệp PDF đính kèm tệp khác bên trong ({found}). Hãy tải từng tệp lên riêng.",
        en="The PDF carries other files inside ({found}). Upload each file by itself.",
        fr="Le PDF contient d'autres fichiers ({found}). Déposez chaque fichier séparément.",
    ),
    "pdf_encrypted": Text(
        vi="Tệp PDF có mật khẩu hoặc bị mã hóa, cán bộ không đọc được. Hãy bỏ mật khẩu rồi tải lên.",
        en="The PDF is encrypted or has a password, so officers cannot read it. Remove the protection and upload it again.",
        fr="Le PDF est chiffré ou protégé par mot de passe et ne peut être lu. Retirez la protection.",
    ),
    "pdf_unreadable": Text(
        vi="Không kiểm tra được toàn bộ nội dung tệp PDF ({found}). Hãy in lại thành PDF thường rồi tải lên.",
        en="Not all of the PDF could be inspected ({found}). Print it to a plain PDF and upload that.",
        fr="Le PDF n'a pas pu être contrôlé en entier ({found}). Réimprimez-le en PDF simple.",
    ),
    "archive_unsafe": Text(
        vi="Cấu trúc nén bên trong tệp không an toàn ({found}). Hãy lưu lại tệp bằng phần mềm văn phòng.",
        en="The file is packed in an unsafe way ({found}). Save it again with an office program.",
        fr="Le fichier est compressé de façon dangereuse ({found}). Enregistrez-le de nouveau avec un logiciel bureautique.",
    ),
    "office_active_content": Text(
        vi="Tệp văn phòng chứa macro hoặc đối tượng nhúng ({found}). Hãy bỏ phần này hoặc xuất sang PDF.",
        en="The office file contains macros or embedded objects ({found}). Remove them, or export to PDF.",
        fr="Le fichier bureautique contient des macros ou des objets incorporés ({found}). Retirez-les ou exportez en PDF.",
    ),
}


def refusal(code: str, **values: object) -> Invalid:
    """Make the error for one refused file: field `file`, a stable code, and what to do about it."""
    return Invalid((FieldError(field="file", code=code, message=MESSAGES[code].format(**values)),))
