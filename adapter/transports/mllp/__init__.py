"""MLLP: HL7 v2 over TCP, one response per message on the same connection.

Minimal Lower Layer Protocol, release 1 (HL7 Implementation Support Guide, appendix C):
<VT> message <FS><CR>. Nothing here reads the content of a message.

`MllpClient` sends; `MllpServer` receives.
"""

from __future__ import annotations

from adapter.transports.mllp.client import MllpClient
from adapter.transports.mllp.conversation import DoorLimits
from adapter.transports.mllp.fragments import Keep
from adapter.transports.mllp.framing import CONTENT_TYPE, framed
from adapter.transports.mllp.server import MllpServer

__all__ = ["CONTENT_TYPE", "DoorLimits", "Keep", "MllpClient", "MllpServer", "framed"]
