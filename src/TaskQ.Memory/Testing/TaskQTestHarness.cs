namespace TaskQ.Memory.Testing;

/// <summary>
/// For tests of code that adds and handles messages: queues in memory on a clock that stands still, whose messages
/// are encoded as for a real store. It records what was added, runs it when told to, and moves the time.
/// </summary>
/// <remarks>
/// A handler that waits for the clock ends only when the clock is moved: start the queue's consumer and advance
/// <see cref="Clock"/> for such a test, for the methods here wait until handlers have ended.
/// </remarks>
/// <example>
/// <code>
/// await using var harness = new TaskQTestHarness();
/// TaskQueue queue = harness.Queue("mails");
/// TaskDefinition welcome = queue.RegisterTask("welcome", (string user) => mailer.Send(user));
/// await signUp.RunAsync(queue, "ada");
/// harness.AssertAdded("welcome", message => message.Delay == TimeSpan.FromHours(1));
/// await harness.AdvanceAsync(TimeSpan.FromHours(1));
/// </code>
/// </example>
public sealed class TaskQTestHarness : IAsyncDisposable
{
    private readonly AddRecorder _recorder = new();
    private readonly InlinePump _pump = new();
    private readonly MemoryStore _store;

    /// <summary>Creates a harness without queues. Its clock shows midnight of 1 January 2026, UTC.</summary>
    public TaskQTestHarness()
    {
        _store = new MemoryStore { Stored = _recorder.OnStored };
        Queues = new MemoryQueueFactory(new MemoryOptions { EncodeMessages = true }, _store);
    }

    /// <summary>The clock of every queue. Moving it by hand runs nothing; <see cref="AdvanceAsync"/> does.</summary>
    public ManualTimeProvider Clock { get; } = new();

    /// <summary>The factory of the queues. One that is registered on it directly, not by <see cref="Queue"/>, is neither recorded nor on the clock.</summary>
    public MemoryQueueFactory Queues { get; }

    /// <summary>The messages that were added so far, in the order in which their adds ended; duplicates are not among them.</summary>
    public IReadOnlyList<TaskMessage> Added => _recorder.Added;

    /// <summary>Registers a queue on the clock.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="configure">
    /// Changes its options. The default is null: one worker, so that messages run one after the other, and no pause
    /// after many errors, since such a pause would end only when the clock is moved; else the defaults of a queue.
    /// </param>
    /// <returns>The queue.</returns>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    /// <exception cref="InvalidOperationException">A queue of that name is registered already.</exception>
    public TaskQueue Queue(string name, Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions
        {
            Name = name,
            MinWorkers = 1,
            MaxWorkers = 1,
            MaxFetchers = 1,
            PauseErrorsThreshold = int.MaxValue,
            TimeProvider = Clock,
        };
        configure?.Invoke(options);
        TaskQueue queue = Queues.RegisterQueue(options);
        queue.AddHook(_recorder);
        queue.Consumer.AddHook(_pump);
        return queue;
    }

    /// <summary>The messages of one task that were added so far.</summary>
    /// <param name="taskName">The task's name.</param>
    /// <returns>The messages, in the order in which their adds ended.</returns>
    public IReadOnlyList<TaskMessage> AddedTo(string taskName) =>
        [.. Added.Where(message => message.TaskName == taskName)];

    /// <summary>The messages of one task that were added so far.</summary>
    /// <param name="task">The task.</param>
    /// <returns>The messages, in the order in which their adds ended.</returns>
    public IReadOnlyList<TaskMessage> AddedTo(TaskDefinition task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return AddedTo(task.Name);
    }

    /// <summary>Asserts that a message of a task was added.</summary>
    /// <param name="taskName">The task's name.</param>
    /// <param name="predicate">What else must hold for it. The default is null: nothing.</param>
    /// <returns>The first such message.</returns>
    /// <exception cref="TaskQAssertionException">There is none; the message says what was added.</exception>
    public TaskMessage AssertAdded(string taskName, Func<TaskMessage, bool>? predicate = null) =>
        Find(taskName, predicate) ?? throw new TaskQAssertionException(
            $"Expected a message of task '{taskName}'{Condition(predicate)} to be added. {Describe()}");

    /// <summary>Asserts that no message of a task was added.</summary>
    /// <param name="taskName">The task's name.</param>
    /// <param name="predicate">Which of its messages are meant. The default is null: all.</param>
    /// <exception cref="TaskQAssertionException">There is one; the message says what was added.</exception>
    public void AssertNotAdded(string taskName, Func<TaskMessage, bool>? predicate = null)
    {
        if (Find(taskName, predicate) is { } found)
        {
            throw new TaskQAssertionException(
                $"Expected no message of task '{taskName}'{Condition(predicate)} to be added, but {found.Id} was. {Describe()}");
        }
    }

    /// <summary>
    /// Runs messages one at a time on the caller, in its asynchronous flow, until no queue has one that may start now.
    /// Fallback handlers run elsewhere. What handlers add runs too, unless it is delayed.
    /// </summary>
    /// <param name="cancellationToken">Ends it; what has not started stays in the queues.</param>
    /// <returns>A task that ends when that is done.</returns>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task RunInlineAsync(CancellationToken cancellationToken = default) =>
        _pump.RunAsync(() => DrainAsync(cancellationToken));

    /// <summary>
    /// Runs messages on the queues' workers until no queue has one that runs or may start now. What waits for its time,
    /// for a permit of a rate limit, or for the end of a pause stays.
    /// </summary>
    /// <param name="cancellationToken">Ends it; what has not started stays in the queues.</param>
    /// <returns>A task that ends when that is done.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        do
        {
            await Task.WhenAll(Queues.Queues.Select(queue => DrainAsync(queue, cancellationToken))).ConfigureAwait(false);
        }
        while (!_store.Queues.All(queue => queue.IsQuiet));
    }

    /// <summary>
    /// Moves the clock, and runs each message at its time: delayed ones, retries, and those that a rate limit held back.
    /// </summary>
    /// <param name="by">By how much, at least zero.</param>
    /// <param name="cancellationToken">Ends it; the clock stands where it was then.</param>
    /// <returns>A task that ends when the clock has moved and all that may start by then has run.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task AdvanceAsync(TimeSpan by, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long start = Clock.GetTimestamp();
        while (true)
        {
            await DrainAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan left = by - Clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            DateTimeOffset now = Clock.GetUtcNow();
            DateTimeOffset next = _store.Queues.Min(queue => queue.NextEvent) ?? DateTimeOffset.MaxValue;
            Clock.Advance(next - now < left ? next - now : left);
        }
    }

    /// <summary>Closes the queues.</summary>
    /// <returns>A task that ends when that is done.</returns>
    public ValueTask DisposeAsync() => Queues.DisposeAsync();

    private async Task DrainAsync(TaskQueue queue, CancellationToken cancellationToken)
    {
        MemoryQueueBackend backend = _store.Find(queue.Name);
        if (backend.IsQuiet)
        {
            return;
        }

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task processing = queue.Consumer.ProcessAllAsync(quiet.Token);
        await Task.WhenAny(processing, backend.WaitUntilQuietAsync()).ConfigureAwait(false);

        // What is left waits for the clock, which the consumer would too.
        await quiet.CancelAsync().ConfigureAwait(false);
        await processing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (processing.IsFaulted)
        {
            await processing.ConfigureAwait(false);
        }
    }

    private static string Condition(Func<TaskMessage, bool>? predicate) => predicate is null ? "" : " that fits the predicate";

    private TaskMessage? Find(string taskName, Func<TaskMessage, bool>? predicate) =>
        AddedTo(taskName).FirstOrDefault(message => predicate is null || predicate(message));

    private string Describe()
    {
        IReadOnlyList<TaskMessage> added = Added;
        if (added.Count == 0)
        {
            return "Nothing was added.";
        }

        var counts = added.GroupBy(message => message.TaskName).Select(group => $"{group.Count()} of '{group.Key}'");
        return $"Added were {string.Join(", ", counts)}.";
    }
}
