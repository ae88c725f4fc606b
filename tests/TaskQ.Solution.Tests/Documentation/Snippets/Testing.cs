using TaskQ.Memory.Testing;

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class Testing
{
    public static async Task<int> RunAsync(Func<TaskDefinition<string>, TaskQueue, Task> signUpAsync)
    {
        int mails = 0;
        #region testing
        await using var harness = new TaskQTestHarness();
        TaskQueue queue = harness.Queue("mails");
        TaskDefinition<string> welcome = queue.RegisterTask<string>("welcome");
        welcome.Handle((string user) => { mails++; });

        await signUpAsync(welcome, queue);                      // the code under test adds a mail that is due in an hour

        harness.AssertAdded("welcome", message => message.Delay == TimeSpan.FromHours(1));
        await harness.AdvanceAsync(TimeSpan.FromHours(1));      // moves the clock and runs what is due
        #endregion
        return mails;
    }
}
