"""What a person or the clock does: replay, edit, resend, maintain, and judge the health."""
