namespace TaskQ.OpenTelemetry;

/// <summary>Whether the span of an add is the parent of the span of a run. It is linked in any case.</summary>
public enum SpanParent
{
    /// <summary>Only for the first attempt of a message without delay or schedule: what happens at once belongs to the same trace.</summary>
    WhenImmediate,

    /// <summary>Always: delayed messages and retries too.</summary>
    Always,

    /// <summary>Never: each run begins a trace of its own.</summary>
    Never,
}
