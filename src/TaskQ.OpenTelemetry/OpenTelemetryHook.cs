using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;

namespace TaskQ.OpenTelemetry;

/// <summary>
/// Makes a span of every add and of every run of a handler, and carries trace context and baggage in the message's headers
/// from the one to the other. Add the same hook to queues and consumers.
/// </summary>
/// <remarks>
/// Names are those of the OpenTelemetry semantic conventions v1.44.0:
/// https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/messaging/messaging-spans.md
/// </remarks>
public sealed class OpenTelemetryHook : IConsumerHook, IProducerHook
{
    private readonly SpanParent _parent;
    private readonly HeaderPropagation _propagation;

    /// <summary>Creates a hook with the default options.</summary>
    public OpenTelemetryHook()
        : this(new OpenTelemetryHookOptions())
    {
    }

    /// <summary>Creates a hook.</summary>
    /// <param name="options">How spans are made.</param>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="OpenTelemetryHookOptions.Parent"/> is none of the enum's values.</exception>
    public OpenTelemetryHook(OpenTelemetryHookOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _parent = options.Parent;
        _propagation = new HeaderPropagation(options.Propagator);
    }

    /// <summary>Makes the span of an add to a queue that is not known.</summary>
    /// <param name="message">The message that is added.</param>
    /// <param name="next">The rest of the hooks, then the add itself.</param>
    /// <returns>A task that ends when the message is added.</returns>
    public Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(next);
        return AddAsync(null, message, next);
    }

    /// <summary>Makes the span of an add.</summary>
    /// <param name="queue">The queue that the message is added to.</param>
    /// <param name="message">The message that is added.</param>
    /// <param name="next">The rest of the hooks, then the add itself.</param>
    /// <returns>A task that ends when the message is added.</returns>
    public Task InvokeAsync(TaskQueue queue, TaskMessage message, Func<TaskMessage, Task> next)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(next);
        return AddAsync(queue, message, next);
    }

    /// <summary>Makes the span of a run.</summary>
    /// <param name="context">The run.</param>
    /// <param name="next">The rest of the hooks, then the handler.</param>
    /// <returns>A task that ends when the handler has.</returns>
    public Task InvokeAsync(TaskContext context, TaskDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        return Spans.AreHeard ? ProcessInSpanAsync(context, next) : next(context);
    }

    private Task AddAsync(TaskQueue? queue, TaskMessage message, Func<TaskMessage, Task> next)
    {
        if (Spans.AreHeard)
        {
            return AddInSpanAsync(queue, message, next);
        }

        if (Activity.Current is { } ambient)
        {
            // No spans of this library, but the caller's trace goes on.
            _propagation.Inject(ambient.Context, queue, message);
        }

        return next(message);
    }

    private async Task AddInSpanAsync(TaskQueue? queue, TaskMessage message, Func<TaskMessage, Task> next)
    {
        using Activity? span = Spans.StartAdd(queue, message);
        if (_propagation.Inject((span ?? Activity.Current)?.Context ?? default, queue, message) is { } broken)
        {
            span?.NotePropagationError(broken);
        }

        try
        {
            await next(message).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            span?.Fail(error);
            throw;
        }
    }

    private async Task ProcessInSpanAsync(TaskContext context, TaskDelegate next)
    {
        PropagationContext received = _propagation.Extract(context.Message, out Exception? broken);
        using Activity? span = Spans.StartProcess(context, received.ActivityContext, IsParent(context.Message));
        if (broken is not null)
        {
            span?.NotePropagationError(broken);
        }

        // Put back at the end: the async local holds an object that who called may share.
        Baggage outer = Baggage.Current;
        Baggage.Current = received.Baggage;
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            span?.Fail(error);
            throw;
        }
        finally
        {
            Baggage.Current = outer;
        }
    }

    private bool IsParent(TaskMessage message) => _parent switch
    {
        SpanParent.Always => true,
        SpanParent.Never => false,
        _ => message.Attempt <= 1 && !HeaderPropagation.IsDelayed(message),
    };
}
