"""From a decision to a closed delivery: render, claim, send, and settle what comes back."""
