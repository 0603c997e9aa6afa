"""The agent's desk: one's own state, and the card of the call at one's phone.

- `pop`     pure: whose phone rings, and what that agent gets to see of the caller
- `feed`    after each Step, to the browsers of the agents it concerns, and to nobody else
- `pages`   `/desk`, its WebSocket, and the buttons: they publish an Event, and the page changes when it is applied
"""
