namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class Failing
{
    public static void Run(TaskQueue queue, Func<string, decimal, CancellationToken, Task<int>> payAsync, Func<string, Task> tellAsync)
    {
        #region failing
        queue.RegisterTask(new TaskOptions
        {
            Name = "charge",
            RetryLimit = 5,
            MinBackoff = TimeSpan.FromSeconds(10),
            Timeout = TimeSpan.FromSeconds(30),
            Handler = async (string customer, decimal amount, TaskContext context, CancellationToken cancellationToken) =>
            {
                switch (await payAsync(customer, amount, cancellationToken))
                {
                    case 429: throw new RetryAfterException(TimeSpan.FromMinutes(1), "too many payments");
                    case 404: throw new SkipRetryException("no such customer");
                }
            },
            FallbackHandler = async (string customer, decimal amount, Exception error) =>
                await tellAsync($"{customer} was not charged {amount}: {error.Message}"),
        });
        #endregion
    }
}
