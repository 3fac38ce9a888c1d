"""Forms: form-js JSON that the server shows, checks and prints (DESIGN.md 7). No web framework in here."""

from forms.catalogue import DIRECTORY, Forms
from forms.compile import Mode, Posted, Result, as_posted, in_page_order, missing_attachments, validate
from forms.model import Attachment, Block, Choice, Field, Form, Option, Section
from forms.schema import PAGE_FIELDS, FormFinding, FormRefused, load_form, parse_form, read_form

__all__ = [
    "DIRECTORY",
    "PAGE_FIELDS",
    "Attachment",
    "Block",
    "Choice",
    "Field",
    "Form",
    "FormFinding",
    "FormRefused",
    "Forms",
    "Mode",
    "Option",
    "Posted",
    "Result",
    "Section",
    "as_posted",
    "in_page_order",
    "load_form",
    "missing_attachments",
    "parse_form",
    "read_form",
    "validate",
]
