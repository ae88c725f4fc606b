using System.Threading.Channels;

namespace TaskQ.Memory.Testing;

/// <summary>Runs handlers on the caller of <see cref="RunAsync"/>, one at a time, instead of on the workers that took their messages.</summary>
internal sealed class InlinePump : IConsumerHook
{
    private Channel<Turn>? _turns;

    public async Task InvokeAsync(TaskContext context, TaskDelegate next)
    {
        if (Volatile.Read(ref _turns) is { } turns)
        {
            var turn = new Turn(context, next);
            if (turns.Writer.TryWrite(turn))
            {
                await turn.Done.Task.ConfigureAwait(false);
                return;
            }
        }

        await next(context).ConfigureAwait(false);
    }

    /// <summary>Runs what is handed over until the work ends.</summary>
    public async Task RunAsync(Func<Task> work)
    {
        var turns = Channel.CreateUnbounded<Turn>();
        if (Interlocked.CompareExchange(ref _turns, turns, null) is not null)
        {
            throw new InvalidOperationException("RunInlineAsync runs already; await it before it is called again.");
        }

        Task working = EndAfterAsync(work, turns.Writer);
        try
        {
            // On the caller's context: that is the point of it.
            await foreach (Turn turn in turns.Reader.ReadAllAsync().ConfigureAwait(true))
            {
                await turn.TakeAsync().ConfigureAwait(true);
            }
        }
        finally
        {
            Volatile.Write(ref _turns, null);
        }

        await working.ConfigureAwait(true);
    }

    private static async Task EndAfterAsync(Func<Task> work, ChannelWriter<Turn> turns)
    {
        try
        {
            // Off the caller, who must take turns.
            await Task.Run(work).ConfigureAwait(false);
        }
        finally
        {
            turns.Complete();
        }
    }

    private sealed class Turn(TaskContext context, TaskDelegate next)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task TakeAsync()
        {
            try
            {
                await next(context).ConfigureAwait(true);
                Done.SetResult();
            }
#pragma warning disable CA1031 // Whatever the handler throws belongs to the worker that waits for this turn.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Done.SetException(error);
            }
        }
    }
}
