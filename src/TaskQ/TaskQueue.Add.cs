using TaskQ.Backend;

namespace TaskQ;

public sealed partial class TaskQueue
{
    /// <summary>Adds a message and blocks until it is stored.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Added, or duplicate of which id.</returns>
    /// <exception cref="ArgumentException">Its task is not registered on this queue.</exception>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    /// <exception cref="PayloadException">An argument can't be written, or the message is too large.</exception>
    /// <exception cref="NotSupportedException">The backend keeps no names, or can't delay for so long.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public AddResult Add(TaskMessage message) => AddAsync(message).GetAwaiter().GetResult();

    /// <summary>Adds a message. When the task ends, the store has it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Added, or duplicate of which id.</returns>
    /// <exception cref="ArgumentException">Its task is not registered on this queue.</exception>
    /// <exception cref="InvalidOperationException">The message was added already.</exception>
    /// <exception cref="PayloadException">An argument can't be written, or the message is too large.</exception>
    /// <exception cref="NotSupportedException">The backend keeps no names, or can't delay for so long.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public Task<AddResult> AddAsync(TaskMessage message, CancellationToken cancellationToken = default) =>
        _adder.AddAsync(message, cancellationToken);

    /// <summary>Adds messages in batches. When the task ends, the store has them.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="cancellationToken">Cancels the wait; batches before the current one are stored.</param>
    /// <returns>The results in the order of the messages.</returns>
    /// <exception cref="ArgumentException">The task of a message is not registered on this queue; nothing is added then.</exception>
    /// <exception cref="InvalidOperationException">A message was added already; nothing is added then.</exception>
    /// <exception cref="PayloadException">An argument can't be written, or a message is too large; nothing is added then.</exception>
    /// <exception cref="NotSupportedException">The backend keeps no names, or can't delay for so long.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public Task<IReadOnlyList<AddResult>> AddRangeAsync(
        IEnumerable<TaskMessage> messages,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return _adder.AddRangeAsync(messages, Backend.AddRangeAsync, cancellationToken);
    }

    /// <summary>Adds messages in a way of a backend's own, such as within a transaction of the caller's: for packages that extend a backend.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="store">Stores them, once hooks, checks, naming and encoding are done.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The results in the order of the messages.</returns>
    /// <exception cref="ArgumentException">The task of a message is not registered on this queue; nothing is added then.</exception>
    /// <exception cref="InvalidOperationException">A message was added already; nothing is added then.</exception>
    /// <exception cref="PayloadException">An argument can't be written, or a message is too large; nothing is added then.</exception>
    /// <exception cref="NotSupportedException">The backend keeps no names, or can't delay for so long.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public Task<IReadOnlyList<AddResult>> AddRangeAsync(
        IEnumerable<TaskMessage> messages,
        Func<ReadOnlyMemory<NewMessage>, CancellationToken, ValueTask<AddResult[]>> store,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(store);
        return _adder.AddRangeAsync(messages, store, cancellationToken);
    }

    /// <summary>Wraps every add in a hook; the first added is the outermost.</summary>
    /// <param name="hook">The hook.</param>
    public void AddHook(IProducerHook hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        _adder.AddHook(hook);
    }
}
