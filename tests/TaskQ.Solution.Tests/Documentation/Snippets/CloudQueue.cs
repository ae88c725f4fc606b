#region sqs
using TaskQ.Sqs;
#endregion

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class CloudQueue
{
    public static async Task RunAsync(string order)
    {
        #region sqs
        // Credentials and region as every AWS SDK finds them; AWS_ENDPOINT_URL_SQS leads to a local server.
        await using var queues = new SqsQueueFactory(new SqsOptions { QueueNamePrefix = "shop-" });
        TaskQueue queue = queues.RegisterQueue(new QueueOptions { Name = "orders" });
        TaskDefinition<string> ship = queue.RegisterTask<string>("ship");
        await queue.AddAsync(ship.WithArgs(order));             // SQS has accepted this very message
        #endregion
    }
}
