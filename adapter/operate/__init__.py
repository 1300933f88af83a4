"""Operations that a person or the clock starts: replay, edit, resend, maintenance, health."""
