namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class DeadLetters
{
    public static async Task RunAsync(TaskQueue queue, TextWriter Console)
    {
        #region dead-letters
        foreach (DeadLetter letter in await queue.PeekDeadAsync(max: 100))
        {
            Console.WriteLine($"{letter.Message.TaskName} {letter.Reason} after {letter.Attempts}: {letter.ErrorMessage}");
        }

        int requeued = await queue.RequeueDeadAsync(max: 100);   // their attempts start anew, their ids stay
        await queue.PurgeDeadAsync();
        #endregion
    }
}
