using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TaskQ.Hosting.Model;

namespace TaskQ.Hosting.Configure;

/// <summary>What a queue's options are before any code sets them: the host's services and clock, then the section of its configuration.</summary>
internal sealed class QueueOptionsSetup(HostModel model, IServiceProvider services) : IConfigureNamedOptions<QueueOptions>
{
    /// <summary>The section of the queues.</summary>
    public const string Section = "TaskQ:Queues";

    public void Configure(QueueOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, QueueOptions options)
    {
        if (name is null || model.Find(name) is null)
        {
            return;
        }

        options.Name = name;
        options.Services = services;
        options.TimeProvider = services.GetService<TimeProvider>() ?? options.TimeProvider;
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            var errors = new List<string>();
            QueueSection.Read(configuration.GetSection(Section).GetSection(name), options, errors);
            if (errors.Count > 0)
            {
                throw new OptionsValidationException(name, typeof(QueueOptions), errors);
            }
        }
    }
}
