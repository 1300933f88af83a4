"""Required bindings of R4 whose value sets are standards of others, and cannot be compiled.

ISO 4217 (R4, valueset-currencies.html) is a list; BCP 13 (valueset-mimetypes.html) is a grammar.
"""

from __future__ import annotations

import re
from typing import Any

from adapter.fhir.r4_values import Accepts

_LISTED = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN"
    " BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP"
    " ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR"
    " IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD"
    " MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN"
    " PGK PHP PKR PLN PRB PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SLS SOS SRD"
    " SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TVD TWD TZS UAH UGX USD USN UYI UYU UYW UZS"
    " VED VEF VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX"
    " YER ZAR ZMW ZWL"
)
_CURRENCIES = frozenset(_LISTED.split())
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_MIME = re.compile(rf"{_TOKEN}/{_TOKEN}(?: ?; ?{_TOKEN}=(?:{_TOKEN}|\"[^\"]*\"))*", re.ASCII)
_SHORT = frozenset({"xml", "json", "ttl", "none"})
"""R4's own definitions and examples of formats say so for a MIME type."""


def _is_currency(value: Any) -> bool:
    return type(value) is str and value in _CURRENCIES


def _is_mime(value: Any) -> bool:
    return type(value) is str and _MIME.fullmatch(value) is not None


def _is_format(value: Any) -> bool:
    return _is_mime(value) or (type(value) is str and value in _SHORT)


STANDARDS: dict[str, Accepts] = {"currency": _is_currency, "mime": _is_mime, "format": _is_format}
"""What says whether a code is one of a standard, by the name in the compiled definitions."""
