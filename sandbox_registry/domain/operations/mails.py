"""What is written to people by e-mail: never what stands in a dossier, and no secret but those of `account_mails.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.cases.promises import APPOINTMENT, Promise, of_deadline
from sandbox_registry.domain.identity.people import Capacity, Membership, Person
from sandbox_registry.domain.rules.working_days import last_day_before
from sandbox_registry.domain.texts import Language, Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person. `id` is the same however often it is sent, so that a second copy can be told."""

    id: str
    to: str
    subject: str
    body: str


def expiry_notice(token_id: UUID, *, name: str, expires_at: datetime, to: str) -> Mail:
    """Tell the holder of a token when it ends and what to do, in every language: nobody's is known."""
    body = Phrase("mail.token_expiry.body", name=name, id=str(token_id), until=expires_at)
    subject = Phrase("mail.token_expiry.subject")
    return Mail(
        id=f"token-{token_id}-ends",
        to=to,
        subject=" / ".join(subject.in_language(language) for language in (Language.VI, Language.EN)),
        body="\n\n".join(body.in_language(language) for language in Language) + "\n",
    )


def concerned_by_dates(
    memberships: Iterable[Membership], participations: Iterable[Participation], *, at: datetime
) -> frozenset[UUID]:
    """Name whom new dates of a case concern: who acts for the applicant or writes on the dossier, and who leads the case."""
    members = {
        each.person_id
        for each in memberships
        if each.valid_from <= at and (each.valid_to is None or at < each.valid_to)
    }
    parts = {
        each.person_id
        for each in participations
        if each.until is None and each.capacity in {Capacity.EDITOR, Capacity.FOCAL}
    }
    return frozenset(members | parts)


def new_dates_notice(
    application: Application, given: tuple[Promise, ...], *, history: tuple[Promise, ...], person: Person
) -> Mail:
    """Tell somebody which dates of a case a new calendar moved, in their language; in every one, if they named none.

    `given` are the new dates, at least one, and `history` every date the case was given. The case goes by its code, and
    before it has one by its identity.
    """
    case = application.code or str(application.id)
    subject = Phrase("mail.new_dates.subject", case=case)
    languages = tuple(Language) if person.language is None else (person.language,)
    bodies = (
        "\n".join(
            (
                Phrase("mail.new_dates.opening", case=case).in_language(language),
                *(f"- {_new_date(each, history).in_language(language)}" for each in given),
                Phrase("mail.new_dates.closing").in_language(language),
            )
        )
        for language in languages
    )
    return Mail(
        id=f"dates-{given[0].id}-{person.id}",
        to=person.email,
        subject=" / ".join(subject.in_language(language) for language in languages[:2]),
        body="\n\n".join(bodies) + "\n",
    )


def _new_date(given: Promise, history: tuple[Promise, ...]) -> Phrase:
    is_result = given.name == APPOINTMENT
    what = Phrase("mail.new_dates.result") if is_result else Phrase(f"parameter.{given.name}")
    before = [each.due for each in of_deadline(history, given.name, given.subject) if each.made_at < given.made_at]
    day = "" if given.due is None else last_day_before(given.due)
    if not before or before[-1] is None:
        return Phrase("mail.new_dates.date", what=what, day=day)
    return Phrase("mail.new_dates.moved", what=what, day=day, before=last_day_before(before[-1]))
