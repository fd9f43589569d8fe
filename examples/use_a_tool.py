"""Give the assistant a tool: any Python function with type hints and a docstring."""

import asyncio

from vivavoce import Toolbox
from vivavoce.engines import ToolCall


def weather(city: str, days: int = 1) -> str:
    """Tell the weather.

    Args:
        city: Where.
        days: How many days ahead.
    """
    return f"Sunny in {city} for {days} days."


toolbox = Toolbox([weather])  # then: Session(..., toolbox=toolbox), or ask(..., toolbox=toolbox)
call = ToolCall("1", "weather", '{"city": "Rome", "days": 3}')
print(toolbox.specs[0].parameters)
print(asyncio.run(toolbox.run(call)).content)
