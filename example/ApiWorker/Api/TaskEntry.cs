using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using TaskQ;

namespace ApiWorker.Api;

/// <summary>A task as the API offers it: which body it takes, and how that becomes a message.</summary>
/// <param name="Queue">The queue that its messages go to.</param>
/// <param name="RequestType">The body's type.</param>
/// <param name="Create">Makes the message of a valid body.</param>
internal sealed record TaskEntry(TaskQueue Queue, Type RequestType, Func<object, TaskMessage> Create)
{
    /// <summary>The names of the arguments, as JSON has them.</summary>
    public IEnumerable<string> ArgumentNames =>
        RequestType.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));

    /// <summary>What is wrong with a body, by argument.</summary>
    public static Dictionary<string, string[]> Faults(object body)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(body, new ValidationContext(body), results, validateAllProperties: true);
        return results
            .SelectMany(result => result.MemberNames.Select(member => (Member: member, Error: result.ErrorMessage!)))
            .GroupBy(fault => JsonNamingPolicy.CamelCase.ConvertName(fault.Member), fault => fault.Error)
            .ToDictionary(group => group.Key, group => group.ToArray());
    }
}
