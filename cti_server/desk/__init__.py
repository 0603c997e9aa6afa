"""The agent's desk: one's own state, one's queues, and the card of the call at one's phone.

- `pop`     pure: whose phone rings, what that agent gets to see of the caller, who waits in the agent's queues
- `feed`    after each Step, to the browsers of the agents it concerns, and to nobody else
- `pages`   `/desk`, its WebSocket, and the buttons: they publish an Event, and the page changes when it is applied
"""
