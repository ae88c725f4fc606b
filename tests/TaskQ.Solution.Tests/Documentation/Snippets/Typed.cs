namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class Typed
{
    public static async Task RunAsync(TaskQueue queue, Func<string, int, CancellationToken, Task> drawAsync)
    {
        #region typed
        // Both binaries: the contract, a name and its types.
        TaskDefinition<string, int> thumbnail = queue.RegisterTask<string, int>("thumbnail");

        // The API binary: wrong arguments don't compile.
        await queue.AddAsync(thumbnail.WithArgs("a.png", 64));

        // The worker binary.
        thumbnail.Handle(async (string file, int size, CancellationToken cancellationToken) =>
            await drawAsync(file, size, cancellationToken));
        await queue.StartAsync();
        #endregion
    }
}
