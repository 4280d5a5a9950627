"""Steps between the password and the door."""

from typing import Any

from allauth.account.stages import EmailVerificationStage


class EmailIfAny(EmailVerificationStage):
    """Who came with a telephone only has no address to verify: the telephone was, one stage before."""

    def handle(self) -> Any:
        user = self.login.user
        if user is not None and not user.email and user.phone_verified_at:
            return None, True
        return super().handle()
