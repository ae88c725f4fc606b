using TaskQ.Add;
using TaskQ.Registry;

namespace TaskQ;

/// <summary>A task with its arguments: what is added to a queue and run by a worker. Made by <see cref="TaskDefinition.WithArgs"/>.</summary>
/// <remarks>Not safe for use by several threads until it is added, and fixed from then on.</remarks>
public sealed class TaskMessage
{
    // A million waiting messages are a million of these, so fields are few and small.
    private readonly object _task; // the definition, or the name of a task that is not known here
    private Guid _id; // made when it is asked for, at the latest by the add, which reads the clock anyway
    private Dictionary<string, string>? _headers;
    private NameRule? _nameRule;
    private TimeSpan _delay;
    private long _scheduleTicks; // 0 for none
    private long _enqueuedAtTicks;
    private MessageStage _stage;

    /// <summary>A message of a task that is known here.</summary>
    /// <param name="definition">The task.</param>
    /// <param name="id">Its id; the default for one that is made when it is needed.</param>
    /// <param name="arguments">The arguments.</param>
    internal TaskMessage(TaskDefinition definition, Guid id, MessageArguments arguments)
    {
        _task = definition;
        _id = id;
        Arguments = arguments;
    }

    /// <summary>A message that came from a backend.</summary>
    internal TaskMessage(
        string taskName,
        Guid id,
        MessageArguments arguments,
        string? name,
        Dictionary<string, string>? headers,
        DateTimeOffset enqueuedAt)
    {
        _task = taskName;
        _id = id;
        Arguments = arguments;
        _nameRule = name is null ? null : NameRule.Explicit(name, DedupeMode.KeepFirst);
        _headers = headers;
        _enqueuedAtTicks = enqueuedAt.UtcTicks;
        _stage = MessageStage.Added;
    }

    /// <summary>The message's id, a UUIDv7: the same from add to the last retry.</summary>
    public Guid Id
    {
        get
        {
            if (_id == default && _task is TaskDefinition definition)
            {
                _id = definition.Queue.Ids.Next();
            }

            return _id;
        }
    }

    /// <summary>The name of its task.</summary>
    public string TaskName => _task as string ?? ((TaskDefinition)_task).Name;

    /// <summary>The name by which duplicates are found, null when it has none or one that is made from its arguments. Settable until it is added.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="InvalidOperationException">It is set after the message was added.</exception>
    public string? Name
    {
        get => _nameRule?.Name;
        set => SetName(value is null ? null : NameRule.Explicit(value, DedupeMode.KeepFirst));
    }

    /// <summary>How long after the add it may start, at least zero. Settable until it is added. The default is zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    /// <exception cref="InvalidOperationException">It is set after the message was added.</exception>
    public TimeSpan Delay
    {
        get => _delay;
        set
        {
            ThrowIfAdded();
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            _delay = value;
            _scheduleTicks = 0;
        }
    }

    /// <summary>Which delivery this is: 1 on the first, 0 before it is delivered.</summary>
    public int Attempt { get; internal set; }

    /// <summary>When it was added, by the producer's clock; the earliest time there is before that.</summary>
    public DateTimeOffset EnqueuedAt => new(_enqueuedAtTicks, TimeSpan.Zero);

    /// <summary>What travels with the message beside its arguments, such as the trace context.</summary>
    public IDictionary<string, string> Headers => _headers ??= new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The arguments.</summary>
    internal MessageArguments Arguments { get; }

    /// <summary>The task it was made from, null when it came from a backend as bytes.</summary>
    internal TaskDefinition? Definition => _task as TaskDefinition;

    /// <summary>How duplicates are found, null when they are not.</summary>
    internal NameRule? NameRule => _nameRule;

    /// <summary>The due time that was asked for by <see cref="WithSchedule"/>; null when a delay or nothing was, and for a message that came from a store.</summary>
    public DateTimeOffset? Schedule => _scheduleTicks == 0 ? null : new DateTimeOffset(_scheduleTicks, TimeSpan.Zero);

    /// <summary>The headers without creating them.</summary>
    internal Dictionary<string, string>? HeadersOrNull => _headers;

    /// <summary>Lets the message start after a delay.</summary>
    /// <param name="delay">The delay, at least zero.</param>
    /// <returns>The same message.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage WithDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        Delay = delay;
        return this;
    }

    /// <summary>Lets the message start at a time; a time in the past means at once.</summary>
    /// <param name="dueAt">The time.</param>
    /// <returns>The same message.</returns>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage WithSchedule(DateTimeOffset dueAt)
    {
        Delay = TimeSpan.Zero;
        _scheduleTicks = Math.Max(dueAt.UtcTicks, 1);
        return this;
    }

    /// <summary>Names the message, so that a second one of the same task and name is a duplicate while the name is taken.</summary>
    /// <param name="name">The name, not empty.</param>
    /// <param name="mode">What a second add does. The default is <see cref="DedupeMode.KeepFirst"/>.</param>
    /// <returns>The same message.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage WithName(string name, DedupeMode mode = DedupeMode.KeepFirst)
    {
        SetName(NameRule.Explicit(name, mode));
        return this;
    }

    /// <summary>Names the message by its task and arguments until it is completed, dead or cancelled.</summary>
    /// <returns>The same message.</returns>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage Unique()
    {
        SetName(NameRule.Unique());
        return this;
    }

    /// <summary>Lets one message start in each slot of a period, for its arguments or for a key. It starts at once; with <see cref="WithDelay"/> later.</summary>
    /// <param name="period">The length of a slot, more than zero; slots begin at the Unix epoch.</param>
    /// <param name="key">What stands for the arguments. The default is the arguments themselves.</param>
    /// <returns>The same message.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The period is not more than zero.</exception>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage OnceInPeriod(TimeSpan period, params object?[] key)
    {
        SetName(NameRule.Period(period, key));
        return this;
    }

    /// <summary>Names the message by its arguments and lets it start after a delay.</summary>
    /// <param name="delay">The delay, at least zero.</param>
    /// <returns>The same message.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage OnceWithDelay(TimeSpan delay)
    {
        SetName(NameRule.Arguments());
        return WithDelay(delay);
    }

    /// <summary>Names the message by its arguments and lets it start at a time; a time in the past means at once.</summary>
    /// <param name="dueAt">The time.</param>
    /// <returns>The same message.</returns>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage OnceWithSchedule(DateTimeOffset dueAt)
    {
        SetName(NameRule.Arguments());
        return WithSchedule(dueAt);
    }

    /// <summary>Sets a header.</summary>
    /// <param name="key">Its name, not empty.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The same message.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    public TaskMessage WithHeader(string key, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfAdded();
        Headers[key] = value;
        return this;
    }

    /// <summary>
    /// Reads the arguments without knowing their types, for a catch-all handler or an operator: values as they were given
    /// where the message was passed by reference, otherwise primitives and collections.
    /// </summary>
    /// <returns>The arguments.</returns>
    /// <exception cref="PayloadException">They can't be decoded.</exception>
    public IReadOnlyList<object?> ReadArguments()
    {
        var values = new object?[Arguments.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Arguments[i];
        }

        return values;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{TaskName} {Id}";

    /// <summary>Whether an add of it failed before, so that a store may have it.</summary>
    internal bool WasReturned => _stage == MessageStage.Returned;

    /// <summary>Takes the message for an add; false when it was added already or is being added.</summary>
    internal bool TryBeginAdd(DateTimeOffset now)
    {
        if (_stage == MessageStage.Added)
        {
            return false;
        }

        _stage = MessageStage.Added;
        _enqueuedAtTicks = now.UtcTicks;
        if (_id == default && _task is TaskDefinition definition)
        {
            _id = definition.Queue.Ids.Next(now);
        }

        return true;
    }

    /// <summary>Gives the message back after an add that stored nothing, so that it can be added again.</summary>
    internal void UndoAdd() => _stage = MessageStage.Returned;

    /// <summary>The same message under the id of the one that it replaced.</summary>
    internal TaskMessage WithId(Guid id) => new(this, id);

    private TaskMessage(TaskMessage other, Guid id)
    {
        _task = other._task;
        _id = id;
        Arguments = other.Arguments;
        _nameRule = other._nameRule;
        _headers = other._headers;
        _enqueuedAtTicks = other._enqueuedAtTicks;
        _stage = MessageStage.Added;
    }

    private void SetName(NameRule? rule)
    {
        ThrowIfAdded();
        _nameRule = rule;
    }

    private void ThrowIfAdded()
    {
        if (_stage == MessageStage.Added)
        {
            throw new InvalidOperationException(
                $"Message {Id} of task '{TaskName}' has been added already; create a new one with WithArgs.");
        }
    }

    private enum MessageStage : byte
    {
        New,
        Returned,
        Added,
    }
}
