"""Tokens that a buyer pays for one by one; they take the place of the rent of halls."""

from sunfront.equation import equation


@equation("MUSD")
def annual_rent(served_token_rate, token_price, year):
    """Price of the tokens of one year.

    Source: definition.
    """
    return served_token_rate * token_price * year
