"""A clock that is moved by hand: what a centre and its simulated devices share when time goes faster than life."""


class HandClock:
    """Stands still until it is moved. Called, it gives epoch milliseconds, as the product's clock does."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> int:
        return round(self.seconds * 1000)

    def move_to(self, seconds: float) -> None:
        """Let time pass, or jump; backwards too."""
        self.seconds = seconds
