using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Store;

/// <summary>A server without a queue: what no queue in it can surpass.</summary>
internal interface IBareStore : IDisposable
{
    /// <summary>One call after the other, each awaited.</summary>
    BareLimit Call { get; }

    /// <summary>Storing as fast as it can.</summary>
    BareLimit Add { get; }

    /// <summary>Taking out as fast as it can.</summary>
    BareLimit Take { get; }

    /// <summary>Both, one after the other.</summary>
    BareLimit AddAndTake { get; }

    /// <summary>What a call is called.</summary>
    string CallName { get; }

    /// <summary>How long a call takes when there is one now and then, in milliseconds, ascending.</summary>
    Task<double[]> LatenciesAsync(int n, TimeSpan interval);
}
