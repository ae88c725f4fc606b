using TaskQ;
using TaskQ.Hosting;

namespace ApiWorker.Tasks;

/// <summary>The queues that the API and the worker share.</summary>
public static class ShopQueues
{
    /// <summary>Adds the queues with their tasks; the worker gives them handlers.</summary>
    public static void AddShop(
        this TaskQHostBuilder taskq,
        Storage storage,
        Action<ShopTasks>? handleShop = null,
        Action<GeocodingTasks>? handleGeocoding = null)
    {
        storage.Use(taskq);
        taskq.AddQueue(ShopTasks.Queue).DeclareTasks(handleShop);
        taskq.AddQueue(GeocodingTasks.Queue, options => storage.SetLimit(options, GeocodingTasks.Limit)).DeclareTasks(handleGeocoding);
    }
}
