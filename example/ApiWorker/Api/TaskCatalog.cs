using System.Diagnostics.CodeAnalysis;
using ApiWorker.Tasks;
using TaskQ;

namespace ApiWorker.Api;

/// <summary>The tasks that the API offers, by name. Their messages are made by the typed tasks, so wrong arguments don't compile.</summary>
internal sealed class TaskCatalog
{
    private readonly SortedDictionary<string, TaskEntry> _entries = new(StringComparer.Ordinal);

    public TaskCatalog(
        [FromKeyedServices(ShopTasks.Queue)] TaskQueue shop,
        [FromKeyedServices(GeocodingTasks.Queue)] TaskQueue geocoding,
        ShopTasks tasks,
        GeocodingTasks geocodingTasks)
    {
        Add<ThumbnailRequest>(shop, tasks.Thumbnail, body =>
            tasks.Thumbnail.WithArgs(new Picture(body.File!, body.Width!.Value, body.Height!.Value), body.Size!.Value));
        Add<EmailRequest>(shop, tasks.Email, body => tasks.Email.WithArgs(body.To!, body.Subject!));
        Add<ChargeRequest>(shop, tasks.Charge, body => tasks.Charge.WithArgs(body.Customer!, body.Amount!.Value));
        Add<ImportRequest>(shop, tasks.Import, body => tasks.Import.WithArgs(body.List!));
        Add<ReportRequest>(shop, tasks.Report, body => tasks.HourlyReport(body.Shop!));
        Add<LocateRequest>(geocoding, geocodingTasks.Locate, body => geocodingTasks.Locate.WithArgs(body.Address!));
    }

    /// <summary>The names of all tasks.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>Finds a task.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out TaskEntry? entry) => _entries.TryGetValue(name, out entry);

    private void Add<TRequest>(TaskQueue queue, TaskDefinition task, Func<TRequest, TaskMessage> create) =>
        _entries.Add(task.Name, new TaskEntry(queue, typeof(TRequest), body => create((TRequest)body)));
}
