using Microsoft.Extensions.Options;
using TaskQ.Hosting.Model;

namespace TaskQ.Hosting.Configure;

/// <summary>Checks the options of the host's queues, all failures at once.</summary>
internal sealed class QueueOptionsValidation(HostModel model) : IValidateOptions<QueueOptions>
{
    public ValidateOptionsResult Validate(string? name, QueueOptions options)
    {
        if (name is null || model.Find(name) is null)
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> faults = [.. options.Validate()];
        if (options.Name != name)
        {
            faults.Add($"Name is '{options.Name}': the name is the one that AddQueue was given");
        }

        return faults.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(faults.Select(fault => $"Queue '{name}': {fault}."));
    }
}
