namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class Adding
{
    public static async Task RunAsync(TaskQueue queue, TaskDefinition<string> report, IEnumerable<string> days)
    {
        #region adding
        await queue.AddAsync(report.WithArgs("monday").WithDelay(TimeSpan.FromMinutes(5)));
        await queue.AddAsync(report.WithArgs("monday").WithSchedule(new DateTimeOffset(2030, 1, 7, 6, 0, 0, TimeSpan.Zero)));
        await queue.AddAsync(report.WithArgs("monday").WithName("week-2"));                   // once, by a name
        await queue.AddAsync(report.WithArgs("monday").Unique());                             // once, until it ends
        await queue.AddAsync(report.WithArgs("monday").OnceInPeriod(TimeSpan.FromHours(1)));  // once an hour for these arguments
        await queue.AddAsync(report.WithArgs("tuesday").WithName("week-2", DedupeMode.ReplacePending));
        await queue.AddRangeAsync(days.Select(day => report.WithArgs(day)));                  // in batches

        AddResult result = await queue.AddAsync(report.WithArgs("sunday").WithHeader("tenant", "7"));
        if (result.IsDuplicate)
        {
            MessageInfo? earlier = await queue.GetAsync(result.Id);
        }
        #endregion
    }
}
