using ApiWorker.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TaskQ;

namespace ApiWorker.Worker;

/// <summary>What makes a host a worker: the handlers, and the services that do the work.</summary>
public static class WorkerRole
{
    /// <summary>Adds the queues with their handlers, and runs their consumers.</summary>
    public static void AddWorker(this IServiceCollection services, Storage storage)
    {
        services.AddSingleton<Thumbnails>();
        services.AddSingleton<MailServer>();
        services.AddSingleton<CardPayments>();
        services.AddSingleton<Reports>();
        services.AddSingleton<GeocodingClient>();
        services.TryAddSingleton<IRefunds, Refunds>();
        services.AddTaskQ(taskq =>
        {
            taskq.AddShop(storage, HandleShop, HandleGeocoding);
            taskq.RunConsumers();
        });
    }

    // What a handler takes after the task's arguments are services, of a scope for each message. The token is cancelled when
    // the worker stops and its patience ends; the message is then given back.
    private static void HandleShop(ShopTasks tasks)
    {
        tasks.Thumbnail.Handle((Picture picture, int size, Thumbnails thumbnails, CancellationToken cancellationToken) =>
            thumbnails.DrawAsync(picture, size, cancellationToken));
        tasks.Email.Handle((string address, string subject, TaskContext context, MailServer server, CancellationToken cancellationToken) =>
            server.SendAsync(address, subject, context.Attempt, cancellationToken));
        tasks.Charge.Handle((string customer, decimal amount, TaskContext context, CardPayments payments, CancellationToken cancellationToken) =>
            payments.ChargeAsync(customer, amount, context.Attempt, cancellationToken));
        tasks.Report.Handle((string shop, Reports reports) => reports.Write(shop));

        // Retries can't help: the message goes to the dead letters, where an operator finds it.
        tasks.Import.Handle(void (Uri list) => throw new SkipRetryException($"{list} does not exist"));
    }

    private static void HandleGeocoding(GeocodingTasks tasks) =>
        tasks.Locate.Handle((string address, GeocodingClient client, CancellationToken cancellationToken) =>
            client.LocateAsync(address, cancellationToken));
}
