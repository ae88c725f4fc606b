using TaskQ.Backend;

namespace TaskQ.Registry;

/// <summary>What is asked for and the store can't do, capability by capability: the one place that says so.</summary>
internal static class CapabilityCheck
{
    /// <summary>What the options of a queue ask beyond the store.</summary>
    public static List<string> Errors(QueueOptions options, BackendCapabilities capabilities)
    {
        var errors = new List<string>();
        if (options.FetchBatchSize > capabilities.MaxFetchBatch)
        {
            errors.Add($"FetchBatchSize is {options.FetchBatchSize}: this backend allows at most {capabilities.MaxFetchBatch}");
        }

        if (!capabilities.Limits && options.WorkerLimit is { } workers)
        {
            errors.Add($"WorkerLimit is {workers}: {Lacks(capabilities, "no limit over all processes")} MaxWorkers limits this process");
        }

        if (!capabilities.Limits && options.RateLimit is { } rate)
        {
            errors.Add($"RateLimit is {rate}: {Lacks(capabilities, "no limit over all processes")} RateLimiter limits this process");
        }

        return errors;
    }

    /// <exception cref="NotSupportedException">The store can't take the message as it is.</exception>
    public static void Add(TaskMessage message, BackendCapabilities capabilities, DateTimeOffset now)
    {
        if (!capabilities.Names && message.NameRule is not null)
        {
            throw new NotSupportedException(
                $"A message of task '{message.TaskName}' has a name: {Lacks(capabilities, "no names")} Add it without one, or name it in a queue of another backend.");
        }

        if (capabilities.MaxDelay != TimeSpan.MaxValue)
        {
            TimeSpan delay = message.Schedule is { } due ? due - now : message.Delay;
            if (delay > capabilities.MaxDelay)
            {
                throw new NotSupportedException(
                    $"A message of task '{message.TaskName}' is to wait for {delay}: this backend ('{capabilities.System}') delays by at most {capabilities.MaxDelay}.");
            }
        }
    }

    /// <exception cref="NotSupportedException">The store finds no single messages, or none in this state.</exception>
    public static void Lookup(string queue, BackendCapabilities capabilities, MessageState? state = null)
    {
        if (!capabilities.Lookup && !(capabilities.DeadLookup && state == MessageState.Dead))
        {
            throw new NotSupportedException(
                $"Queue '{queue}' can't find, list, cancel or reschedule single messages: {Lacks(capabilities, "no index of them")}".TrimEnd());
        }
    }

    /// <exception cref="NotSupportedException">The store can't cancel single messages.</exception>
    public static void Cancel(string queue, BackendCapabilities capabilities)
    {
        if (!capabilities.Cancels)
        {
            throw new NotSupportedException(
                $"Queue '{queue}' can't cancel single messages: {Lacks(capabilities, "no index of them")}".TrimEnd());
        }
    }

    private static string Lacks(BackendCapabilities capabilities, string what) =>
        $"this backend ('{capabilities.System}') keeps {what}.{(capabilities.Remedy is { } remedy ? " " + remedy : "")}";
}
