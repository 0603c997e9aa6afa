"""Events: things that happened. Frozen, past tense, each with `at` in UTC epoch seconds.

Three sources. The PBX (translated from AMI), our own edges (IVR, agents' intents, configuration, outages), and the
center's own decisions (offers), which are Events too so that a journal replays without deciding anything again.

`channel` is always an Asterisk Uniqueid, `name` a channel name (`PJSIP/agent1-0000001e`), `endpoint` a channel name
without its serial (`PJSIP/agent1`). Numbers are as dialled. On the wire an Event is a JSON object tagged by `type`,
the class name in snake case.

`channels`, `bridges` and `link` come from AMI, `callers` from our dialplan and IVR, `site` from people and configuration,
`decisions` from the center. Take them from here: `from cti_server.core import events as ev`.
"""

from cti_server.core.events.base import Event as Event
from cti_server.core.events.bridges import (
    AttendedTransferred as AttendedTransferred,
)
from cti_server.core.events.bridges import (
    BlindTransferred as BlindTransferred,
)
from cti_server.core.events.bridges import (
    BridgeEnded as BridgeEnded,
)
from cti_server.core.events.bridges import (
    BridgeEntered as BridgeEntered,
)
from cti_server.core.events.bridges import (
    BridgeLeft as BridgeLeft,
)
from cti_server.core.events.bridges import (
    BridgeMerged as BridgeMerged,
)
from cti_server.core.events.bridges import (
    CallParked as CallParked,
)
from cti_server.core.events.bridges import (
    CallPickedUp as CallPickedUp,
)
from cti_server.core.events.bridges import (
    CallUnparked as CallUnparked,
)
from cti_server.core.events.bridges import (
    ConferenceEnded as ConferenceEnded,
)
from cti_server.core.events.bridges import (
    ConferenceJoined as ConferenceJoined,
)
from cti_server.core.events.bridges import (
    ConferenceLeft as ConferenceLeft,
)
from cti_server.core.events.bridges import (
    LocalLinked as LocalLinked,
)
from cti_server.core.events.bridges import (
    RecordingFileSet as RecordingFileSet,
)
from cti_server.core.events.bridges import (
    RecordingMuted as RecordingMuted,
)
from cti_server.core.events.bridges import (
    RecordingStarted as RecordingStarted,
)
from cti_server.core.events.bridges import (
    RecordingStopped as RecordingStopped,
)
from cti_server.core.events.bridges import (
    SpyStarted as SpyStarted,
)
from cti_server.core.events.bridges import (
    SpyStopped as SpyStopped,
)
from cti_server.core.events.callers import (
    CallArrived as CallArrived,
)
from cti_server.core.events.callers import (
    CallDataSet as CallDataSet,
)
from cti_server.core.events.callers import (
    CallFellBack as CallFellBack,
)
from cti_server.core.events.callers import (
    CallQueued as CallQueued,
)
from cti_server.core.events.callers import (
    CallSurveyed as CallSurveyed,
)
from cti_server.core.events.callers import (
    IvrEnded as IvrEnded,
)
from cti_server.core.events.callers import (
    IvrStepped as IvrStepped,
)
from cti_server.core.events.callers import (
    OfferAccepted as OfferAccepted,
)
from cti_server.core.events.callers import (
    VoicemailLeft as VoicemailLeft,
)
from cti_server.core.events.channels import (
    CallerIdChanged as CallerIdChanged,
)
from cti_server.core.events.channels import (
    ChannelAnswered as ChannelAnswered,
)
from cti_server.core.events.channels import (
    ChannelCreated as ChannelCreated,
)
from cti_server.core.events.channels import (
    ChannelEnded as ChannelEnded,
)
from cti_server.core.events.channels import (
    ChannelHeld as ChannelHeld,
)
from cti_server.core.events.channels import (
    ChannelRenamed as ChannelRenamed,
)
from cti_server.core.events.channels import (
    ChannelRinging as ChannelRinging,
)
from cti_server.core.events.channels import (
    ChannelUnheld as ChannelUnheld,
)
from cti_server.core.events.channels import (
    DialEnded as DialEnded,
)
from cti_server.core.events.channels import (
    DialRinging as DialRinging,
)
from cti_server.core.events.channels import (
    DialStarted as DialStarted,
)
from cti_server.core.events.channels import (
    DigitReceived as DigitReceived,
)
from cti_server.core.events.channels import (
    HangupRequested as HangupRequested,
)
from cti_server.core.events.channels import (
    MusicStarted as MusicStarted,
)
from cti_server.core.events.channels import (
    MusicStopped as MusicStopped,
)
from cti_server.core.events.channels import (
    OriginateEnded as OriginateEnded,
)
from cti_server.core.events.decisions import (
    Candidate as Candidate,
)
from cti_server.core.events.decisions import (
    OfferEnded as OfferEnded,
)
from cti_server.core.events.decisions import (
    OfferMade as OfferMade,
)
from cti_server.core.events.decisions import (
    Tick as Tick,
)
from cti_server.core.events.link import (
    ContactChanged as ContactChanged,
)
from cti_server.core.events.link import (
    DeviceChanged as DeviceChanged,
)
from cti_server.core.events.link import (
    GapOpened as GapOpened,
)
from cti_server.core.events.link import (
    LiveChannel as LiveChannel,
)
from cti_server.core.events.link import (
    PbxConnected as PbxConnected,
)
from cti_server.core.events.link import (
    PbxDisconnected as PbxDisconnected,
)
from cti_server.core.events.link import (
    PbxQueueAbandoned as PbxQueueAbandoned,
)
from cti_server.core.events.link import (
    PbxQueueConnected as PbxQueueConnected,
)
from cti_server.core.events.link import (
    PbxQueueJoined as PbxQueueJoined,
)
from cti_server.core.events.link import (
    PbxQueueLeft as PbxQueueLeft,
)
from cti_server.core.events.link import (
    PbxResynced as PbxResynced,
)
from cti_server.core.events.link import (
    ServerStarted as ServerStarted,
)
from cti_server.core.events.link import (
    ServerStopped as ServerStopped,
)
from cti_server.core.events.site import (
    AgentConfig as AgentConfig,
)
from cti_server.core.events.site import (
    AgentLoggedIn as AgentLoggedIn,
)
from cti_server.core.events.site import (
    AgentLoggedOut as AgentLoggedOut,
)
from cti_server.core.events.site import (
    AgentPaused as AgentPaused,
)
from cti_server.core.events.site import (
    AgentResumed as AgentResumed,
)
from cti_server.core.events.site import (
    QueueConfig as QueueConfig,
)
from cti_server.core.events.site import (
    SiteConfigured as SiteConfigured,
)
from cti_server.core.events.site import (
    WrapUpEnded as WrapUpEnded,
)
from cti_server.core.events.site import (
    WrapUpStarted as WrapUpStarted,
)

EVENT_TYPES: tuple[type[Event], ...] = tuple(sorted(Event.__subclasses__(), key=lambda c: c.__name__))
